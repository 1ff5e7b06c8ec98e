import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openIndexSource } from '../../../adapters/catalog/libsql/open-index-source.ts';
import { openLibsqlCatalog } from '../../../adapters/catalog/libsql/open.ts';
import { HashEmbedder } from '../../../adapters/embedder/hash/hash-embedder.ts';
import { MemoryFiles } from '../../../adapters/files/memory/memory-files.ts';
import { InlineHost } from '../../../adapters/host/inline/inline-host.ts';
import { flatBackend } from '../../../adapters/index/flat/backend.ts';
import { Bm25Index } from '../../../adapters/text/bm25/bm25-index.ts';
import { ChlError } from '../../../src/core/errors.ts';
import type { Catalog } from '../../../src/core/ports/catalog.ts';
import { fingerprintText, type Embedder } from '../../../src/core/ports/embedder.ts';
import type { IndexCollection } from '../../../src/core/ports/index-host.ts';
import type { Clock } from '../../../src/core/ports/runtime.ts';
import { InlineBuilder } from '../../../src/core/snapshot/inline-builder.ts';
import { createServices } from '../../../src/service/create-services.ts';
import { DEFAULT_SERVICE_OPTIONS, type ServiceOptions } from '../../../src/service/options.ts';
import type { Services } from '../../../src/service/services.ts';
import { RecordingLogger, systemClock } from './runtime.ts';

export interface OpenServices {
  readonly services: Services;
  readonly catalog: Catalog;
  readonly collection: IndexCollection;
  readonly logger: RecordingLogger;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly embedder?: Embedder;
  /** Of the vectors in the database, where that is another one. */
  readonly bound?: Embedder;
  /** What a change of embedder goes to; null: this service has none to follow another one with. */
  readonly next?: Embedder | null;
  /** A database that stays when the services close. */
  readonly path?: string;
  /** Of the services alone: the engine keeps the real one. */
  readonly clock?: Clock;
  readonly options?: Partial<ServiceOptions>;
  /** Given when several share the database at `path`. */
  readonly replicaPollMs?: number;
  /** Puts something of the test's between the services and the index. */
  readonly wrap?: (collection: IndexCollection) => IndexCollection;
}

/** The services over a real database file and a real in-line index with the exact backend. */
export async function openServices(given: OpenOptions = {}): Promise<OpenServices> {
  const folder = await mkdtemp(join(tmpdir(), 'chl-service-'));
  const logger = new RecordingLogger();
  const embedder = given.embedder ?? new HashEmbedder();
  const catalog = await openLibsqlCatalog({ path: given.path ?? join(folder, 'chl.db') });
  const host = new InlineHost({
    backends: [{ name: 'flat', load: async () => flatBackend }],
    createTextIndex: () => new Bm25Index(),
    clock: systemClock,
    logger,
    openFiles: async () => new MemoryFiles(),
    openSource: (spec) => openIndexSource(spec),
    createBuilder: (_spec, context) => new InlineBuilder(context),
  });
  const openCollection = ({ fingerprint }: Embedder, generation: number): IndexCollection =>
    host.open({
      name: `generation-${generation}`,
      databaseUrl: catalog.databaseUrl,
      databaseAuthToken: null,
      directory: null,
      fingerprint: fingerprintText(fingerprint),
      dimension: fingerprint.dimension,
      backend: 'flat',
      indexKind: 'flat',
      scanKernel: 'auto',
      hnsw: { m: 32, efConstruction: 200, efSearch: 64 },
      hnswMinVectors: 50_000,
      growingMaxVectors: 1_000,
      savePolicy: 'immediate',
      saveIntervalMs: 300_000,
      rebuildThreshold: 0.1,
    });
  const collection = openCollection(given.bound ?? embedder, await catalog.reader.indexGeneration());
  await collection.opened;
  const services = createServices(
    {
      catalog,
      collection: given.wrap?.(collection) ?? collection,
      embedder,
      ...(given.bound === undefined ? {} : { boundFingerprint: fingerprintText(given.bound.fingerprint) }),
      reembed: {
        openEmbedder: async () => given.next ?? embedder,
        openBound: async () => {
          if (given.next !== null) return given.next ?? embedder;
          throw new ChlError('CONFIGURATION', 'There is no such embedder here.');
        },
        openCollection,
        retire: async () => undefined,
      },
      clock: given.clock ?? systemClock,
      logger,
      ...(given.replicaPollMs === undefined ? {} : { replicaPollMs: given.replicaPollMs }),
      indexSettings: { savePolicy: 'immediate', rebuildThreshold: 0.1 },
    },
    { ...DEFAULT_SERVICE_OPTIONS, ...given.options },
  );
  return {
    services,
    catalog,
    collection,
    logger,
    async close() {
      await services.close();
      await host.close();
      await catalog.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
