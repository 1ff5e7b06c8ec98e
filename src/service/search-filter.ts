import type { EntryFilter } from '../core/filter.ts';
import { searchFilters, type SearchRequest } from './contract/search.ts';

const hasValue = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

/** Bounds and tags beside `filters` win over those in it. */
export function searchFilterOf(request: SearchRequest): EntryFilter {
  const within = request.filters ?? {};
  const given = {
    types: request.types === null || request.types?.length === 0 ? undefined : request.types,
    category: request.category,
    section: within.section,
    author: within.author,
    tags: request.tags ?? within.tags,
    createdFromMs: request.created_from ?? within.created_from,
    createdToMs: request.created_to ?? within.created_to,
    updatedFromMs: request.updated_from ?? within.updated_from,
    updatedToMs: request.updated_to ?? within.updated_to,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => hasValue(value)));
}

const NAMES_SHOWN = 5;
const NAME_CHARS_SHOWN = 64;

/** One warning for each filter that was ignored. */
export function unknownFilters({ filters }: SearchRequest): readonly string[] {
  const unknown = Object.keys(filters ?? {}).filter((name) => !Object.hasOwn(searchFilters.shape, name));
  return unknown
    .slice(0, NAMES_SHOWN)
    .map((name) => `filters.${name.slice(0, NAME_CHARS_SHOWN)} is not a filter and was ignored.`);
}
