import type { HistogramFigures } from '../figures/histogram.ts';
import type { EntryFilter } from '../filter.ts';
import type { Seq } from '../ids.ts';
import type { FusionWeights } from './embedder.ts';
import type { ChangeBatch } from './index-source.ts';
import type { ScanKernelChoice, ScanKernelStatus } from './scan-kernel.ts';
import type { BackendName, HnswParameters, IndexKind } from './vector-backend.ts';

/**
 * Where indexes run: in-line (tests, edge, Deno) or in a child process that holds the native
 * library. Everything that crosses is plain transferable data. One host serves several collections.
 */
export interface IndexHost {
  open(spec: CollectionSpec): IndexCollection;
  close(): Promise<void>;
}

export const SAVE_POLICIES = ['immediate', 'periodic', 'manual'] as const;
export type SavePolicy = (typeof SAVE_POLICIES)[number];

export const BACKEND_CHOICES = ['auto', 'faiss-node', 'hnswlib-wasm', 'flat'] as const;
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

export const INDEX_KIND_CHOICES = ['auto', 'flat', 'hnsw'] as const;
export type IndexKindChoice = (typeof INDEX_KIND_CHOICES)[number];

/** All that a host needs to open a collection, as data. */
export interface CollectionSpec {
  readonly name: string;
  readonly databaseUrl: string;
  readonly databaseAuthToken: string | null;
  /** Folder for snapshots; null where there is no file system. */
  readonly directory: string | null;
  /** `fingerprintText` of the embedder. */
  readonly fingerprint: string;
  readonly dimension: number;
  readonly backend: BackendChoice;
  readonly indexKind: IndexKindChoice;
  readonly scanKernel: ScanKernelChoice;
  readonly hnsw: HnswParameters;
  /** Sealed segments of at least this many vectors become HNSW under `auto`. */
  readonly hnswMinVectors: number;
  readonly growingMaxVectors: number;
  readonly savePolicy: SavePolicy;
  readonly saveIntervalMs: number;
  /** Share of dead rows above which a rebuild starts by itself, 0–1. */
  readonly rebuildThreshold: number;
}

export const SEARCH_MODES = ['hybrid', 'vector', 'text'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

export interface IndexSearch {
  readonly mode: SearchMode;
  /** Needed by `vector` and `hybrid`: unit length, dimension floats. */
  readonly vector: Float32Array | null;
  /** Needed by `text` and `hybrid`: the user's words. */
  readonly text: string | null;
  readonly filter: EntryFilter;
  /** How many hits to answer. */
  readonly limit: number;
  /** Of a search by vector alone: what scores less is of no use to the asker, and is not looked for. */
  readonly cosineMin?: number;
  readonly weights: FusionWeights;
  /** Wait (bounded) until this change is applied. */
  readonly minSeq: Seq;
}

/** Parallel arrays, best first; ties broken by ascending vector id, then key. */
export interface IndexHits {
  readonly keys: Float64Array;
  /** `document.seq` the index holds for each hit: the catalog drops a hit whose entry is gone. */
  readonly seqs: Float64Array;
  /** What they are ranked by, 0–1. */
  readonly scores: Float32Array;
  /** Inner product, NaN where the entry was not among the vector candidates. */
  readonly vectorScores: Float32Array;
  /** Normalised text score 0–1, NaN where it was not among the text candidates. */
  readonly textScores: Float32Array;
  /** Candidates after filters, up to the fixed depth of the lists. */
  readonly total: number;
  /** Everything up to this change was considered. */
  readonly seq: Seq;
  readonly backend: BackendName;
}

export interface IndexCollection {
  /** Resolves when vectors can be searched, or the first open has failed; never rejects. */
  readonly searchable: Promise<void>;
  /**
   * Resolves when the first open has finished, words included, which takes longer; never rejects: `state`
   * and `status` say what happened.
   */
  readonly opened: Promise<void>;
  readonly state: CollectionState;
  /**
   * Applies consecutive changes. A gap before `batch.afterSeq` is filled from the database; what is
   * already applied is skipped. Under `immediate` resolves when the growing log has it on disk; a second
   * later at most where segments are built more slowly than they fill.
   * @throws UNAVAILABLE while the collection is not ready; the change is not lost: opening replays it
   */
  apply(batch: ChangeBatch): Promise<void>;
  /**
   * @throws UNAVAILABLE while it is not ready or the host died, and while words are being indexed, if the
   *   search is by words, too; the caller falls back to FTS5, labelled
   */
  search(query: IndexSearch): Promise<IndexHits>;
  save(): Promise<SaveReport>;
  /** Joins a rebuild that is already running. */
  rebuild(): Promise<RebuildReport>;
  status(): Promise<CollectionStatus>;
  close(): Promise<void>;
}

export type CollectionState = 'opening' | 'ready' | 'unavailable' | 'closed';

export interface SaveReport {
  readonly generation: number;
  readonly seq: Seq;
  readonly bytes: number;
}

export interface RebuildReport {
  readonly vectors: number;
  readonly durationMs: number;
  readonly generation: number;
}

export interface SegmentStatus {
  readonly id: number;
  readonly kind: IndexKind;
  readonly rows: number;
  readonly tombstones: number;
  readonly bytes: number;
}

/** Which rung of the recovery ladder gave the index (`docs/format.md` numbers them). */
export type RecoverySource = 'snapshot' | 'backup' | 'rebuild' | 'empty' | 'none';

export interface RecoveryStatus {
  readonly source: RecoverySource;
  /** Changes applied after the snapshot. */
  readonly replayed: number;
  /** Why earlier rungs were refused, in order. */
  readonly reasons: readonly string[];
  readonly durationMs: number;
}

/** Since the process began that the lock is in. */
export interface LockStatus {
  /** How often somebody had to wait. */
  readonly waits: number;
  readonly longestWaitMs: number;
  /** Who held the lock during the longest wait. */
  readonly longestWaitHolder: string | null;
  /** How long each acquisition waited, those that did not have to included. */
  readonly waitMs: HistogramFigures;
}

/** The locks of an index: `write` publishes changes, `maintenance` is held by a save, a merge or a rebuild. */
export interface IndexLocks {
  readonly write: LockStatus;
  readonly maintenance: LockStatus;
}

/** Since the index's process began; monitoring takes the differences. */
export interface IndexFigures {
  /** The vector part of a batch of searches. */
  readonly vectorMs: HistogramFigures;
  /** The text part of one search. */
  readonly textMs: HistogramFigures;
  /** Searches answered in one step. */
  readonly batches: HistogramFigures;
  /** How often the index was opened, by the rung of the ladder that gave it. */
  readonly recoveries: Readonly<Record<RecoverySource, number>>;
}

/** Of the process that an index runs in. */
export interface ProcessFigures {
  readonly pid: number;
  readonly startedAtMs: number;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly cpuSeconds: number;
  /** How late timers fired in the last half to whole minute; null where the runtime cannot tell. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
}

export interface CollectionStatus {
  readonly state: CollectionState;
  readonly reason: string | null;
  readonly backend: BackendName | null;
  /** Null while it has never been open. */
  readonly scanKernel: ScanKernelStatus | null;
  readonly dimension: number;
  readonly fingerprint: string;
  /** Live vectors. */
  readonly vectors: number;
  /** Live documents, embedded or not. */
  readonly documents: number;
  readonly tombstones: number;
  /** tombstones / (vectors + tombstones), 0–1. */
  readonly tombstoneRatio: number;
  readonly needsRebuild: boolean;
  readonly segments: readonly SegmentStatus[];
  readonly growing: { readonly rows: number; readonly tombstones: number; readonly maxRows: number };
  readonly snapshot: {
    readonly generation: number;
    readonly seq: Seq;
    readonly savedAtMs: number;
    readonly bytes: number;
  } | null;
  readonly unsavedChanges: number;
  readonly lastSeq: Seq;
  readonly rebuild: { readonly running: boolean; readonly progress: number };
  readonly recovery: RecoveryStatus | null;
  /** Words can be searched; vectors alone are as soon as it is `ready`. */
  readonly textReady: boolean;
  readonly memoryBytes: number;
  readonly locks: IndexLocks;
  readonly counters: {
    readonly saves: number;
    readonly failedSaves: number;
    readonly rebuilds: number;
    readonly merges: number;
    readonly recoveries: number;
    readonly searches: number;
  };
  /** Absent while the index has never been reached. */
  readonly figures?: IndexFigures;
  /** Absent where the index runs in the process that asks. */
  readonly process?: ProcessFigures;
}
