import type { Entry } from '../core/entry.ts';
import type { EntryFilter } from '../core/filter.ts';
import { sectionOf } from './entry-views.ts';

/**
 * Whether an entry, as the catalog has it now, still is what the index found: it may have been
 * updated since, and an answer never shows what the filter excludes.
 */
export function matchesFilter(entry: Entry, filter: EntryFilter): boolean {
  return (
    (filter.types === undefined || filter.types.includes(entry.type)) &&
    (filter.category === undefined || filter.category === entry.categoryCode) &&
    (filter.section === undefined || filter.section === sectionOf(entry)) &&
    (filter.author === undefined || filter.author === entry.author) &&
    (filter.tags ?? []).every((tag) => entry.tags.includes(tag)) &&
    isWithin(entry.createdAtMs, filter.createdFromMs, filter.createdToMs) &&
    isWithin(entry.updatedAtMs, filter.updatedFromMs, filter.updatedToMs)
  );
}

const isWithin = (atMs: number, fromMs: number | undefined, toMs: number | undefined): boolean =>
  (fromMs === undefined || atMs >= fromMs) && (toMs === undefined || atMs < toMs);
