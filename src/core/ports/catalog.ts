import type {
  Category,
  CategoryWithCounts,
  EntityType,
  Entry,
  EntryData,
  EntryText,
  JsonValue,
} from '../entry.ts';
import type { ErrorData } from '../errors.ts';
import type { EntryFilter } from '../filter.ts';
import type { EntryKey, Seq, VectorId } from '../ids.ts';
import type { ChangeMark, DatabaseIdentity, IndexChange } from './index-source.ts';

/**
 * The port of the database, the only truth. Reads may run at any time beside one writer. Writes go
 * through `commit`, a group in one transaction.
 */
export interface Catalog {
  readonly reader: CatalogReader;
  readonly writer: CatalogWriter;
  close(): Promise<void>;
}

export interface CatalogWriter {
  /**
   * One transaction, one fsync for the whole group; each operation in its own SAVEPOINT, so a
   * refused one leaves its neighbours alone. Outcomes are in the order of the operations.
   * @throws OUTCOME_UNKNOWN when the commit itself failed (nothing may be assumed; the connection
   *   has been replaced), STORAGE_FULL or UNAVAILABLE when it surely did not happen
   */
  commit(group: readonly WriteOperation[]): Promise<CommitReport>;
}

export interface CommitReport {
  readonly outcomes: readonly WriteOutcome[];
  /** The last change before this group and the last one after it: the group's span of the feed. */
  readonly before: ChangeMark;
  readonly after: ChangeMark;
}

export type WriteOutcome =
  | {
      readonly ok: true;
      /** The entry after the write; null after a delete and for operations on no entry. */
      readonly entry: Entry | null;
      readonly entryId: string | null;
      /** What the index applies; null when nothing changed (a replay) or nothing is indexed. */
      readonly change: IndexChange | null;
      readonly seq: Seq;
      /** False when an import updated or found an existing entry. */
      readonly created: boolean;
      /** The stored answer of an earlier request with the same idempotency key. */
      readonly replayed: boolean;
      readonly extras: JsonValue | null;
      /** Of `delete`: the version that the deletion is in the entry's history. */
      readonly deletedVersion?: number;
      /** Of `take-lease`: the number of the term that began or goes on. */
      readonly leaseToken?: number;
    }
  | { readonly ok: false; readonly error: ErrorData };

/** Jobs that one service at a time does, where several share a database. */
export type LeaseName = 'embedding-queue' | 'reembed' | 'snapshot';

/** A holder's time with a lease. The token grows with every change of holder. */
export interface LeaseTerm {
  readonly name: LeaseName;
  readonly token: number;
}

/** The vector of an entry's text, or the reason it has none yet (it is queued in the same transaction). */
export type EmbeddingInput =
  | { readonly vector: Float32Array; readonly fingerprint: string; readonly contentHash: string }
  | {
      readonly vector: null;
      readonly fingerprint: string;
      readonly contentHash: string;
      readonly reason: string;
    };

export interface Idempotency {
  /** The API key's name that sent it. */
  readonly owner: string;
  readonly key: string;
  /** SHA-256 of the request; the same key with another one is CONFLICT. */
  readonly requestHash: string;
  /** Stored beside the outcome and given back on replay (duplicates, warnings). */
  readonly extras: JsonValue | null;
}

interface OperationCommon {
  /** Who does it, for history and audit. */
  readonly actor: string;
  readonly atMs: number;
  readonly idempotency?: Idempotency;
  /** Under which it was worked out. CONFLICT, and nothing happens, when the term is over (fencing). */
  readonly lease?: LeaseTerm;
}

export interface NewEntry {
  readonly id: string;
  readonly type: EntityType;
  readonly categoryCode: string;
  readonly data: EntryData;
  readonly tags: readonly string[];
  readonly ref: string | null;
  readonly author: string;
  readonly source: string;
}

export type WriteOperation =
  | (OperationCommon & {
      readonly kind: 'create';
      readonly entry: NewEntry;
      readonly embedding: EmbeddingInput;
      /** `update`: an import; an entry with the same ref takes the new data, or stays if it is equal. */
      readonly onRef: 'conflict' | 'update';
    })
  | (OperationCommon & {
      readonly kind: 'update';
      readonly type: EntityType;
      readonly entryId: string;
      /** The whole data after the update, merged by the service from `baseVersion`. */
      readonly data: EntryData;
      readonly tags: readonly string[];
      readonly ref: string | null;
      /** VERSION_MISMATCH when the entry is at another one. */
      readonly baseVersion: number;
      readonly embedding: EmbeddingInput;
    })
  | (OperationCommon & {
      readonly kind: 'delete';
      readonly type: EntityType;
      readonly entryId: string;
      readonly expectedVersion: number | null;
    })
  | (OperationCommon & {
      /** The embedding queue's result. Skipped (ok, no change) when the entry has moved on. */
      readonly kind: 'embed';
      readonly key: EntryKey;
      readonly baseVersion: number;
      readonly vector: Float32Array;
      readonly fingerprint: string;
      readonly contentHash: string;
    })
  | (OperationCommon & {
      /** The text was refused by the embedder, or is given up. Skipped when the entry has moved on. */
      readonly kind: 'postpone-embedding';
      readonly key: EntryKey;
      readonly baseVersion: number;
      readonly attempts: number;
      readonly nextAttemptMs: number;
      readonly reason: string;
      readonly failed: boolean;
    })
  | (OperationCommon & {
      /** `make-due`: whatever waits may be tried at once; `retry-failed`: also what was given up. */
      readonly kind: 'set-embedding-queue';
      readonly action: 'pause' | 'resume' | 'make-due' | 'retry-failed';
    })
  | (OperationCommon & {
      /** Vectors of the next embedder, beside those that are served. */
      readonly kind: 'stage-embeddings';
      readonly fingerprint: string;
      readonly vectors: readonly StagedVector[];
    })
  | (OperationCommon & {
      /**
       * Gives the database to the other embedder: staged vectors of unchanged texts take over, each
       * under the number of a new change; other entries are queued. CONFLICT unless bound to `from`.
       */
      readonly kind: 'switch-embedder';
      readonly from: string;
      readonly to: string;
    })
  | (OperationCommon & {
      /**
       * Free or expired it is taken, the holder's own is renewed, and CONFLICT while another one has it.
       * It ends `ttlMs` from now by the database's clock: replicas need not agree on the time.
       */
      readonly kind: 'take-lease';
      readonly name: LeaseName;
      /** Unique to a service's run. */
      readonly holder: string;
      readonly ttlMs: number;
    })
  | (OperationCommon & {
      /** Free for the next one at once. Nothing happens when the term is over already. */
      readonly kind: 'drop-lease';
      readonly term: LeaseTerm;
    })
  | (OperationCommon & { readonly kind: 'create-category'; readonly category: Omit<Category, 'createdAtMs'> })
  | (OperationCommon & { readonly kind: 'audit'; readonly action: string; readonly detail: JsonValue });

export interface ListRequest {
  readonly filter: EntryFilter;
  readonly limit: number;
  /** Newest first: entries with a smaller key than this. */
  readonly beforeKey?: EntryKey;
}

export interface HistoryRecord {
  readonly version: number;
  readonly op: 'create' | 'update' | 'delete';
  readonly seq: Seq;
  readonly actor: string;
  readonly atMs: number;
  readonly data: EntryData;
  readonly tags: readonly string[];
}

export interface ChangeRecord {
  readonly seq: Seq;
  readonly op: 'create' | 'update' | 'delete' | 'embed';
  readonly entryId: string;
  readonly type: EntityType;
  readonly categoryCode: string;
  readonly version: number;
  readonly atMs: number;
}

export interface TextSearchHit {
  readonly key: EntryKey;
  /** Normalised to 0–1 within the answer. */
  readonly score: number;
}

export interface CatalogCounts {
  readonly experiences: number;
  readonly skills: number;
  readonly embedding: { readonly pending: number; readonly embedded: number; readonly failed: number };
}

export interface StagedVector {
  readonly key: EntryKey;
  /** Of the text it was made from: staged vectors of older texts are not used. */
  readonly contentHash: string;
  readonly vector: Float32Array;
}

/** An entry that waits for its vector. */
export interface QueuedText {
  readonly key: EntryKey;
  readonly version: number;
  readonly contentHash: string;
  /** How often the embedder has refused this very text. */
  readonly attempts: number;
  readonly text: EntryText;
}

export interface QueuedTextsRequest {
  readonly nowMs: number;
  readonly limit: number;
  /** Those being embedded at this moment. */
  readonly except: readonly EntryKey[];
}

export interface EmbeddingQueueState {
  readonly waiting: number;
  readonly failed: number;
  readonly oldestQueuedAtMs: number | null;
  /** When the first of those that wait may be tried; in the past when it may be now. */
  readonly nextAttemptMs: number | null;
  /** What the embedder said of a text that it refused. */
  readonly refusal: string | null;
  readonly paused: boolean;
}

/** An entry whose newest text the next embedder has not seen. */
export type UnstagedText = Pick<QueuedText, 'key' | 'contentHash' | 'text'>;

export interface CatalogReader {
  identity(): Promise<DatabaseIdentity>;
  horizon(): Promise<ChangeMark>;
  /** The embedder's fingerprint the database is bound to, null on a database that has none yet. */
  fingerprint(): Promise<string | null>;
  /** 1, and one more with every change of embedder: each has an index of its own. */
  indexGeneration(): Promise<number>;
  /** What may be embedded now, in the order of writing. */
  queuedTexts(request: QueuedTextsRequest): Promise<readonly QueuedText[]>;
  embeddingQueue(): Promise<EmbeddingQueueState>;
  /** By ascending key. */
  unstagedTexts(fingerprint: string, after: EntryKey, limit: number): Promise<readonly UnstagedText[]>;
  stagedCount(fingerprint: string): Promise<number>;
  categories(): Promise<readonly CategoryWithCounts[]>;
  category(code: string): Promise<Category | null>;
  /** In the order asked; those that do not exist are left out. One statement. */
  entriesByKeys(keys: readonly EntryKey[]): Promise<readonly Entry[]>;
  entriesByIds(ids: readonly string[]): Promise<readonly Entry[]>;
  entriesByRefs(refs: readonly string[]): Promise<readonly Entry[]>;
  /** Newest first. */
  list(request: ListRequest): Promise<readonly Entry[]>;
  /** Every entry by ascending key, in pages: for exports. */
  page(afterKey: EntryKey, limit: number): Promise<readonly Entry[]>;
  /** Oldest first; also of a deleted entry; empty when the id never existed. */
  history(entryId: string): Promise<readonly HistoryRecord[]>;
  /** @throws GONE below the retention horizon */
  changes(after: Seq, limit: number): Promise<readonly ChangeRecord[]>;
  /** FTS5, every word quoted; used when the index cannot answer. Filters apply before the limit. */
  textSearch(query: string, filter: EntryFilter, limit: number): Promise<readonly TextSearchHit[]>;
  counts(): Promise<CatalogCounts>;
  /** Vectors of an embedder, by id: for tests and `chl verify`. */
  vectorIds(fingerprint: string, after: VectorId, limit: number): Promise<readonly VectorId[]>;
}
