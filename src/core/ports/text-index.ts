import type { EntryText } from '../entry.ts';
import type { DocNo } from '../ids.ts';

/**
 * The port of the in-memory text index (`adapters/text/bm25`), fed by the engine from the same
 * changes as the vectors. The database's own FTS5 is its fallback and oracle: `Catalog.textSearch`.
 */

/** A set of document slots; how a filter reaches the index. */
export interface DocSet {
  readonly size: number;
  has(doc: DocNo): boolean;
  /** The members, ascending, where they are listed: few of them are then looked up one by one. */
  readonly docs?: Uint32Array;
}

export interface TextHits {
  /** Best first; ties by ascending slot. */
  readonly docs: Uint32Array;
  /** BM25 scores, > 0, comparable within one answer only. */
  readonly scores: Float32Array;
  /** The highest score this query could reach on one document: what a score of 1.0 means. */
  readonly scoreMax: number;
}

export interface TextIndex {
  readonly documentCount: number;
  readonly memoryBytes: number;
  /** A slot is added once; an update takes a new slot. */
  add(doc: DocNo, text: EntryText): void;
  remove(doc: DocNo): void;
  /** @param accept only these documents, applied before top-k, so the answer is never short */
  search(query: string, k: number, accept?: DocSet): TextHits;
  /** Begins to drop removed documents and to renumber the others; one at a time. */
  compaction(): TextCompaction;
}

/**
 * A copy of the live documents, made in steps. Between them the index is searched, added to and
 * removed from as ever.
 */
export interface TextCompaction {
  /** Copies a live document to its new slot; slots ascend. One without text is passed over. */
  keep(doc: DocNo, slot: DocNo): void;
  /** After the documents: copies some of what they share. @returns whether there is more of it */
  tidy(): boolean;
  /** The copy becomes the index; what was not kept is gone. */
  finish(): void;
}
