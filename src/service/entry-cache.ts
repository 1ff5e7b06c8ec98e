import { LRUCache } from 'lru-cache';
import type { Entry } from '../core/entry.ts';
import type { EntryKey } from '../core/ids.ts';
import type { CatalogReader } from '../core/ports/catalog.ts';
import { bodyOf } from './entry-views.ts';
import type { Candidate } from './retrieval.ts';

/** Fields besides the body, and the list node, about. */
const OVERHEAD_BYTES = 1_000;

/** Where searches and duplicate checks get the entries of their hits. */
export interface EntrySource {
  /** Those that exist, in the order of the candidates. */
  entriesOf(candidates: readonly Candidate[]): Promise<readonly Entry[]>;
  /** What a client has just written is what it, or its team, asks for next. */
  remember(entry: Entry): void;
  /** It was changed or deleted. */
  forget(key: EntryKey): void;
}

type Reader = Pick<CatalogReader, 'entriesByKeys'>;

/** For a database that others write, too: it has the last word on every hit. */
export const uncachedEntries = (reader: Reader): EntrySource => ({
  entriesOf: (candidates) => reader.entriesByKeys(candidates.map(({ key }) => key)),
  remember: () => undefined,
  forget: () => undefined,
});

/**
 * Entries as the searches before have read them, or as they were written. One is good as long as it is
 * of the very change that the index answers with: the index has every acknowledged change, and every
 * change of an entry that a search shows has a seq of its own. An index that missed a change answers
 * with an earlier one; so what is changed is forgotten as well.
 *
 * Only for a service that alone writes its database: an index that follows other replicas may lag, and
 * then the database has the last word on what is alive.
 */
export class EntryCache implements EntrySource {
  readonly #reader: Reader;
  readonly #entries: LRUCache<EntryKey, Entry>;
  /** For each read that is under way, what was changed since it began. */
  readonly #changedSince = new Set<Set<EntryKey>>();

  /** @param maxBytes bound of what is kept; what was longest not asked for goes first */
  constructor(reader: Reader, maxBytes: number) {
    this.#reader = reader;
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (entry) => OVERHEAD_BYTES + 2 * bodyOf(entry).length,
    });
  }

  remember(entry: Entry): void {
    this.#entries.set(entry.key, entry);
  }

  forget(key: EntryKey): void {
    this.#entries.delete(key);
    for (const changed of this.#changedSince) changed.add(key);
  }

  async entriesOf(candidates: readonly Candidate[]): Promise<readonly Entry[]> {
    const known = candidates.map(({ key, seq }) => {
      const entry = this.#entries.get(key);
      return seq !== null && entry?.seq === seq ? entry : undefined;
    });
    const missing = candidates.filter((_, place) => known[place] === undefined).map(({ key }) => key);
    if (missing.length === 0) return known.filter((entry) => entry !== undefined);
    const read = await this.#read(missing);
    const byKey = new Map(read.map((entry) => [entry.key, entry]));
    return candidates.flatMap(({ key }, place) => known[place] ?? byKey.get(key) ?? []);
  }

  /** What was changed meanwhile may have been read as it was before. */
  async #read(keys: readonly EntryKey[]): Promise<readonly Entry[]> {
    const changed = new Set<EntryKey>();
    this.#changedSince.add(changed);
    try {
      const read = await this.#reader.entriesByKeys(keys);
      for (const entry of read) if (!changed.has(entry.key)) this.remember(entry);
      return read;
    } finally {
      this.#changedSince.delete(changed);
    }
  }
}
