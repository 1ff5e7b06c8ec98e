import type { Entry } from '../core/entry.ts';
import type { EntryFilter } from '../core/filter.ts';
import type { MatchReason } from './contract/entry-views.ts';
import type { EntrySource } from './entry-cache.ts';
import { matchesFilter } from './filter-match.ts';
import type { Candidate } from './retrieval.ts';

export interface Hit {
  readonly entry: Entry;
  readonly candidate: Candidate;
}

/**
 * The first `count` candidates whose entries the catalog still has and the filter still accepts. A
 * dead one is replaced by the next candidate; normally all rows come with one statement.
 */
export async function takeLive(
  source: Pick<EntrySource, 'entriesOf'>,
  candidates: readonly Candidate[],
  filter: EntryFilter,
  count: number,
): Promise<readonly Hit[]> {
  const hits: Hit[] = [];
  let next = 0;
  while (hits.length < count && next < candidates.length) {
    const slice = candidates.slice(next, next + count - hits.length);
    next += slice.length;
    const entries = await source.entriesOf(slice);
    const byKey = new Map(entries.map((entry) => [entry.key, entry]));
    for (const candidate of slice) {
      const entry = byKey.get(candidate.key);
      if (entry !== undefined && matchesFilter(entry, filter)) hits.push({ entry, candidate });
    }
  }
  return hits;
}

export function reasonOf({ vector, text }: Candidate): MatchReason {
  if (text === null) return 'semantic_match';
  return vector !== null && vector > 0 ? 'hybrid_match' : 'text_match';
}
