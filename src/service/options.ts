import type { BackOffOptions } from './embedding-queue/back-off.ts';

/** The services' limits. The composition root may override any of them. */
export interface ServiceOptions {
  readonly committer: CommitterOptions;
  readonly embedding: EmbeddingOptions;
  readonly embeddingQueue: EmbeddingQueueOptions;
  readonly duplicates: DuplicateOptions;
  readonly sessions: SessionOptions;
  /** Update without an expected version: how often the merge is tried when other processes write in between. */
  readonly mergeAttemptsMax: number;
  /** Lines of an import that are embedded and committed together; whole batches of a distant embedder. */
  readonly importBatchLines: number;
  /** Batches of an import that an endpoint works on, or that wait for their turn, while one is committed. */
  readonly importBatchesAhead: number;
  /** Entries read at once by exports. */
  readonly exportPageEntries: number;
  /** Category counts may be this old where other processes write the same database. */
  readonly categoriesMaxAgeMs: number;
  /** Of entries that searches show, where no other process writes the same database. */
  readonly entryCacheMaxBytes: number;
  /** How often a waiting change stream looks for changes of other processes. */
  readonly changesPollMs: number;
  /** On a shared database: how long after a service's death another one takes over its jobs. */
  readonly leaseTtlMs: number;
}

export interface CommitterOptions {
  readonly groupOperationsMax: number;
  readonly groupBytesMax: number;
  /** Above these a write is refused with RATE_LIMITED. */
  readonly waitingOperationsMax: number;
  readonly waitingBytesMax: number;
  readonly retryAfterSeconds: number;
}

export interface EmbeddingOptions {
  /** For embedders over a network: how long a write or a search waits before it goes on without. */
  readonly passageTimeoutMs: number;
  readonly queryTimeoutMs: number;
  /** Nobody waits for these. An import's counts from when a batch is read: it may wait behind those before it. */
  readonly importTimeoutMs: number;
  readonly queueTimeoutMs: number;
  /** `async`: a write never waits for an embedder; the background queue embeds it. */
  readonly mode: EmbedMode;
  readonly cacheMaxBytes: number;
}

export const EMBED_MODES = ['sync', 'async'] as const;
export type EmbedMode = (typeof EMBED_MODES)[number];

export interface EmbeddingQueueOptions {
  readonly batchTexts: number;
  /** Batches that the embedder has at once. */
  readonly concurrency: number;
  /** Batches under way at once, with those that are being stored: commits may be slow in turns. */
  readonly batchesMax: number;
  /** How often a text may be refused before it is given up. */
  readonly attemptsMax: number;
  /** Pauses for an embedder that is away, and before a refused text is tried again. */
  readonly away: BackOffOptions;
  readonly refused: BackOffOptions;
  /** How long a drain waits. */
  readonly drainMaxMs: number;
}

export interface DuplicateOptions {
  readonly budgetMs: number;
  readonly shownMax: number;
}

export interface SessionOptions {
  readonly sessionsMax: number;
  readonly entriesPerSessionMax: number;
  /** What a viewed entry's score is multiplied by when it is downranked. */
  readonly viewedFactor: number;
}

export const DEFAULT_SERVICE_OPTIONS: ServiceOptions = {
  committer: {
    groupOperationsMax: 256,
    groupBytesMax: 8 * 1024 * 1024,
    waitingOperationsMax: 4096,
    waitingBytesMax: 64 * 1024 * 1024,
    retryAfterSeconds: 1,
  },
  embedding: {
    passageTimeoutMs: 5_000,
    queryTimeoutMs: 2_000,
    importTimeoutMs: 45_000,
    queueTimeoutMs: 60_000,
    mode: 'sync',
    cacheMaxBytes: 16 * 1024 * 1024,
  },
  embeddingQueue: {
    batchTexts: 32,
    concurrency: 4,
    batchesMax: 16,
    attemptsMax: 5,
    away: { firstMs: 500, maxMs: 30_000 },
    refused: { firstMs: 1_000, maxMs: 600_000 },
    drainMaxMs: 60_000,
  },
  duplicates: { budgetMs: 750, shownMax: 5 },
  sessions: { sessionsMax: 1_000, entriesPerSessionMax: 500, viewedFactor: 0.7 },
  mergeAttemptsMax: 5,
  importBatchLines: 128,
  importBatchesAhead: 5,
  exportPageEntries: 500,
  categoriesMaxAgeMs: 2_000,
  entryCacheMaxBytes: 16 * 1024 * 1024,
  changesPollMs: 1_000,
  leaseTtlMs: 15_000,
};
