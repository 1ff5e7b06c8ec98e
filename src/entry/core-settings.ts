import { parseFingerprint } from '../core/ports/embedder.ts';
import type { CollectionSpec } from '../core/ports/index-host.ts';
import { DEFAULT_SERVICE_OPTIONS, type ServiceOptions } from '../service/options.ts';
import type { Config } from './config.ts';

/** What a configuration means to the services and the engine: on every runtime the same. */

/**
 * A libSQL server ends a transaction after 5 s. A group takes one or two round trips; but one a
 * statement, a dozen to an operation, when the server refused a statement and it must be known which.
 */
const SHARED_GROUP_OPERATIONS_MAX = 32;

/**
 * @param isShared whether other services may write the same database
 * @param cacheMaxBytes of vectors of queries and passages that were made lately
 */
export const serviceOptions = (
  config: Config,
  isShared: boolean,
  cacheMaxBytes = DEFAULT_SERVICE_OPTIONS.embedding.cacheMaxBytes,
): ServiceOptions => ({
  ...DEFAULT_SERVICE_OPTIONS,
  committer: {
    ...DEFAULT_SERVICE_OPTIONS.committer,
    ...(isShared ? { groupOperationsMax: SHARED_GROUP_OPERATIONS_MAX } : {}),
  },
  embedding: { ...DEFAULT_SERVICE_OPTIONS.embedding, mode: config.embedder.mode, cacheMaxBytes },
});

export interface CollectionPlace extends Pick<CollectionSpec, 'databaseUrl' | 'directory' | 'fingerprint'> {
  /** 1, and one more with every change of embedder. */
  readonly generation: number;
}

export const collectionSpec = (
  { databaseAuthToken, index }: Config,
  { generation, fingerprint, ...place }: CollectionPlace,
): CollectionSpec => ({
  ...place,
  name: generation === 1 ? 'entries' : `entries-${generation}`,
  databaseAuthToken,
  fingerprint,
  dimension: parseFingerprint(fingerprint)?.dimension ?? 1,
  backend: index.backend,
  indexKind: index.kind,
  scanKernel: index.scanKernel,
  hnsw: index.hnsw,
  hnswMinVectors: index.hnswMinVectors,
  growingMaxVectors: index.growingMaxVectors,
  savePolicy: index.savePolicy,
  saveIntervalMs: index.saveIntervalMs,
  rebuildThreshold: index.rebuildThreshold,
});
