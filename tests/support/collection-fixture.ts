import { flatBackend } from '../../adapters/index/flat/backend.ts';
import { MemoryFiles } from '../../adapters/files/memory/memory-files.ts';
import { Bm25Index } from '../../adapters/text/bm25/bm25-index.ts';
import type { BackendCandidate } from '../../src/core/engine/collection-options.ts';
import { Collection } from '../../src/core/engine/collection.ts';
import { asSeq } from '../../src/core/ids.ts';
import type { Files } from '../../src/core/ports/files.ts';
import type { CollectionSpec, IndexSearch } from '../../src/core/ports/index-host.ts';
import type { NativeScanKernels } from '../../src/core/ports/scan-kernel.ts';
import type { SegmentBuilder } from '../../src/core/ports/segment-builder.ts';
import type { VectorBackend } from '../../src/core/ports/vector-backend.ts';
import { InlineBuilder } from '../../src/core/snapshot/inline-builder.ts';
import { MemorySource } from './memory-source.ts';
import { RecordingLogger } from './recording-logger.ts';
import { TestClock } from './test-clock.ts';

export interface FixtureOptions {
  readonly spec?: Partial<CollectionSpec>;
  readonly files?: Files;
  readonly source?: MemorySource;
  readonly backend?: VectorBackend;
  readonly backends?: readonly BackendCandidate[];
  readonly nativeKernels?: NativeScanKernels;
  readonly clock?: TestClock;
  /** Open for vectors is enough. */
  readonly withoutWords?: boolean;
  /** Told of the collection before it is open. */
  readonly onCreated?: (collection: Collection) => void;
  /** Around the builder that really builds: to hold it up, or to make it fail. */
  readonly wrapBuilder?: (builder: SegmentBuilder) => SegmentBuilder;
}

export interface CollectionFixture {
  readonly collection: Collection;
  readonly source: MemorySource;
  readonly files: Files;
  readonly clock: TestClock;
  readonly logger: RecordingLogger;
}

export const testSpec = (overrides: Partial<CollectionSpec> = {}): CollectionSpec => ({
  name: 'test',
  databaseUrl: 'memory:',
  databaseAuthToken: null,
  directory: null,
  fingerprint: 'test@1/8/unit',
  dimension: 8,
  backend: 'auto',
  indexKind: 'auto',
  scanKernel: 'auto',
  hnsw: { m: 16, efConstruction: 80, efSearch: 64 },
  hnswMinVectors: 1_000_000,
  growingMaxVectors: 1_000,
  savePolicy: 'immediate',
  saveIntervalMs: 300_000,
  rebuildThreshold: 0.1,
  ...overrides,
});

/** A collection of real parts over a database in memory; open when this resolves. */
export async function openCollection(options: FixtureOptions = {}): Promise<CollectionFixture> {
  const spec = testSpec(options.spec);
  const source = options.source ?? new MemorySource(spec.dimension);
  const files = options.files ?? new MemoryFiles();
  const clock = options.clock ?? new TestClock();
  const logger = new RecordingLogger();
  const backend = options.backend ?? flatBackend;
  const builder = new InlineBuilder({
    files,
    source,
    fingerprint: spec.fingerprint,
    backend: async () => backend,
  });
  const collection = new Collection({
    spec,
    files,
    source,
    backends: options.backends ?? [{ name: backend.name, load: async () => backend }],
    ...(options.nativeKernels === undefined ? {} : { nativeKernels: options.nativeKernels }),
    createTextIndex: () => new Bm25Index(),
    builder: options.wrapBuilder?.(builder) ?? builder,
    clock,
    logger,
  });
  options.onCreated?.(collection);
  await (options.withoutWords === true ? collection.searchable : collection.opened);
  return { collection, source, files, clock, logger };
}

export const searchFor = (overrides: Partial<IndexSearch>): IndexSearch => ({
  mode: 'vector',
  vector: null,
  text: null,
  filter: {},
  limit: 10,
  weights: { vector: 1, text: 1 },
  minSeq: asSeq(0),
  ...overrides,
});
