import type { GuidelinesResponse, GuideType } from './contract/guidelines.ts';
import { isoTime } from './entry-views.ts';
import { beginningOf } from './excerpt.ts';
import { EVALUATOR_GUIDE } from './guides/evaluator.ts';
import { GENERATOR_GUIDE } from './guides/generator.ts';
import type { GuidelineService } from './services.ts';

/** A guide that replaces the built-in one, as read from a file. */
export interface GuideOverride {
  /** Markdown; its first heading is the title. */
  readonly content: string;
  readonly author: string;
  readonly updatedAtMs: number;
}

export type GuideOverrides = Partial<Record<GuideType, GuideOverride>>;

/** The day the built-in guides were last edited. */
const BUILT_IN_AT_MS = Date.UTC(2026, 10, 23);
const BUILT_IN: Record<GuideType, GuideOverride> = {
  generator: { content: GENERATOR_GUIDE, author: 'chl', updatedAtMs: BUILT_IN_AT_MS },
  evaluator: { content: EVALUATOR_GUIDE, author: 'chl', updatedAtMs: BUILT_IN_AT_MS },
};

const SUMMARY_CHARS = 320;

export class Guidelines implements GuidelineService {
  readonly #overrides: GuideOverrides;

  constructor(overrides: GuideOverrides) {
    this.#overrides = overrides;
  }

  get(type: GuideType): GuidelinesResponse {
    const { content, author, updatedAtMs } = this.#overrides[type] ?? BUILT_IN[type];
    const { title, rest } = splitTitle(content, type);
    return {
      meta: { code: 'GLN', name: 'chl_guidelines', search_mode: 'direct' },
      skill: {
        id: `chl-guidelines-${type}`,
        title,
        content,
        summary: beginningOf(rest, SUMMARY_CHARS).text,
        updated_at: isoTime(updatedAtMs),
        author,
      },
    };
  }
}

function splitTitle(content: string, fallback: string): { readonly title: string; readonly rest: string } {
  const [, title, rest] = /^#[ \t]+(.+)\n([\s\S]*)$/.exec(content) ?? [];
  return { title: title ?? fallback, rest: (rest ?? content).trim() };
}
