import { LRUCache } from 'lru-cache';
import type { Entry } from '../core/entry.ts';
import type { EntryKey } from '../core/ids.ts';
import type { CatalogReader } from '../core/ports/catalog.ts';
import type { Candidate } from './retrieval.ts';
import { bodyOf } from './entry-views.ts';

/** Fields besides the body, and the list node, about. */
const OVERHEAD_BYTES = 1_000;

/**
 * Entries as the searches before have read them. One is good as long as it is of the very change that
 * the index answers with: the index has every acknowledged change, and every change of an entry that
 * a search shows has a seq of its own. So nothing has to be thrown out when something is written.
 *
 * Only for a service that alone writes its database: an index that follows other replicas may lag, and
 * then the database has the last word on what is alive.
 */
export class EntryCache {
  readonly #reader: Pick<CatalogReader, 'entriesByKeys'>;
  readonly #entries: LRUCache<EntryKey, Entry>;

  /** @param maxBytes bound of what is kept; what was longest not asked for goes first */
  constructor(reader: Pick<CatalogReader, 'entriesByKeys'>, maxBytes: number) {
    this.#reader = reader;
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (entry) => OVERHEAD_BYTES + 2 * bodyOf(entry).length,
    });
  }

  /** Those that exist, in the order of the candidates. */
  async entriesOf(candidates: readonly Candidate[]): Promise<readonly Entry[]> {
    const known = candidates.map(({ key, seq }) => {
      const entry = this.#entries.get(key);
      return seq !== null && entry?.seq === seq ? entry : undefined;
    });
    const missing = candidates.filter((_, place) => known[place] === undefined).map(({ key }) => key);
    if (missing.length === 0) return known.filter((entry) => entry !== undefined);
    const read = await this.#reader.entriesByKeys(missing);
    const byKey = new Map(read.map((entry) => [entry.key, entry]));
    for (const entry of read) this.#entries.set(entry.key, entry);
    return candidates.flatMap(({ key }, place) => known[place] ?? byKey.get(key) ?? []);
  }
}
