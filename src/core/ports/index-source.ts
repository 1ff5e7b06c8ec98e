import type { EntityType, EntryText } from '../entry.ts';
import type { EntryKey, Seq, VectorId } from '../ids.ts';

/**
 * What the engine reads from the database, the only truth: to recover, to catch up with changes it
 * was not handed, and to rebuild. Every method takes short reads; none holds a transaction between
 * pages. Implemented over a connection of the index process's own, so the serving thread is not in
 * the way.
 */
export interface IndexSource {
  identity(): Promise<DatabaseIdentity>;
  /** The highest committed change, 0 when there is none. */
  horizon(): Promise<ChangeMark>;
  /** The change's random nonce, or null when there is no such change (any more). */
  nonceOf(seq: Seq): Promise<string | null>;
  /** Live entries by ascending key, after `after`, with their text when asked. */
  scanDocuments(
    after: EntryKey,
    limit: number,
    options: { readonly text: boolean },
  ): Promise<readonly IndexDocument[]>;
  /**
   * Changes by ascending seq, each with the entry's state as it is now (perhaps newer than the
   * change: applying is idempotent and monotone in `document.seq`) and its vector.
   * @throws GONE when `after` lies below the retention horizon
   */
  changesAfter(after: Seq, limit: number): Promise<ChangeBatch>;
  /** The stored vectors among `ids` of the collection's fingerprint, ascending by id; those gone are left out. */
  vectors(ids: readonly VectorId[]): Promise<VectorPage>;
  close(): Promise<void>;
}

export interface DatabaseIdentity {
  readonly databaseUuid: string;
  /** Incremented by restore: the same numbers may then mean something else. */
  readonly epoch: number;
}

export interface ChangeMark {
  readonly seq: Seq;
  readonly nonce: string;
}

/** An entry as the index sees it. */
export interface IndexDocument {
  readonly key: EntryKey;
  /** The entry's newest change; an index ignores anything older than what it holds. */
  readonly seq: Seq;
  readonly vectorId: VectorId | null;
  readonly type: EntityType;
  readonly category: string;
  readonly section: string | null;
  readonly author: string;
  readonly tags: readonly string[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly text: EntryText | null;
}

export interface IndexChange {
  readonly seq: Seq;
  readonly key: EntryKey;
  /** The state after the change, text included; null when the entry is gone. */
  readonly document: IndexDocument | null;
  /** The vector named by `document.vectorId`, dimension floats; null when there is none. */
  readonly vector: Float32Array | null;
}

/** Consecutive changes: everything in `(afterSeq, last.seq]`. */
export interface ChangeBatch {
  readonly afterSeq: Seq;
  readonly last: ChangeMark;
  readonly changes: readonly IndexChange[];
}

export interface VectorPage {
  readonly ids: Float64Array;
  /** ids.length × dimension, row-major. */
  readonly vectors: Float32Array;
}
