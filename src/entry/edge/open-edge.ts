import type { Hono } from 'hono';
import {
  openRemoteCatalog,
  openRemoteIndexSource,
} from '../../../adapters/catalog/libsql/remote/open-remote.ts';
import { systemClock } from '../../../adapters/clock/system-clock.ts';
import { LibsqlFiles } from '../../../adapters/files/libsql/libsql-files.ts';
import { connectSnapshotDatabase } from '../../../adapters/files/libsql/snapshot-database.ts';
import { InlineHost } from '../../../adapters/host/inline/inline-host.ts';
import { flatBackend } from '../../../adapters/index/flat/backend.ts';
import { Bm25Index } from '../../../adapters/text/bm25/bm25-index.ts';
import { fingerprintText } from '../../core/ports/embedder.ts';
import type { CatalogWriter } from '../../core/ports/catalog.ts';
import type { IndexCollection, IndexHost } from '../../core/ports/index-host.ts';
import type { Logger } from '../../core/ports/runtime.ts';
import { InlineBuilder } from '../../core/snapshot/inline-builder.ts';
import { createApp } from '../../http/app.ts';
import { Authenticator } from '../../http/auth/authenticator.ts';
import { KeyRateLimit } from '../../http/auth/key-rate-limit.ts';
import type { HttpEnv } from '../../http/http-env.ts';
import { admission } from '../../http/middleware/admission.ts';
import { createServices } from '../../service/create-services.ts';
import { Lease } from '../../service/lease/lease.ts';
import type { Services } from '../../service/services.ts';
import { Closers } from '../closers.ts';
import { collectionSpec, serviceOptions } from '../core-settings.ts';
import { hashedKeys } from '../key-digest.ts';
import { mcpOnDemand } from '../mcp-on-demand.ts';
import { VERSION } from '../version.ts';
import { bundledDashboard, bundledSwagger } from './bundled-assets.ts';
import type { EdgeConfig } from './edge-config.ts';
import { openEdgeEmbedder } from './edge-embedder.ts';
import { KeptCollection } from './kept-collection.ts';

export interface EdgeService {
  readonly app: Hono<HttpEnv>;
  readonly services: Services;
  readonly collection: IndexCollection;
  /** Whether every request has to carry a key. */
  readonly needsKey: boolean;
}

const HEARTBEAT_MS = 15_000;

/**
 * The service in an isolate: one of the replicas on a libSQL server, all of it in this thread, reached
 * by `fetch` alone. An isolate ends without being told, so nothing is ever closed here but after a
 * failed start.
 * @throws CONFIGURATION, UNAVAILABLE, CORRUPT
 */
export async function openEdge(config: EdgeConfig, logger: Logger): Promise<EdgeService> {
  const closers = new Closers();
  try {
    const { databaseUrl, databaseAuthToken: authToken, changesKept } = config;
    const catalog = await openRemoteCatalog({ url: databaseUrl, authToken, changesKept, logger });
    closers.add(() => catalog.close());
    const embedder = await openEdgeEmbedder(config, await catalog.reader.fingerprint());
    closers.add(() => embedder.close());
    const [fingerprint, generation] = await Promise.all([
      catalog.bindFingerprint(fingerprintText(embedder.fingerprint)),
      catalog.reader.indexGeneration(),
    ]);
    const mayStore = snapshotLease(catalog.writer);
    const host = openHost(config, mayStore, logger);
    closers.add(() => host.close());
    const collection = new KeptCollection(
      host.open(collectionSpec(config, { databaseUrl, directory: null, fingerprint, generation })),
      mayStore,
    );
    const services = createServices(
      {
        catalog,
        maintenance: catalog.maintenance,
        collection,
        embedder,
        boundFingerprint: fingerprint,
        clock: systemClock,
        logger,
        indexSettings: config.index,
        replicaPollMs: config.replicaPollMs,
      },
      serviceOptions(config, true),
    );
    closers.add(() => services.close());
    await services.start();
    const keys = await hashedKeys(config.apiKeys);
    const needsKey = keys.length > 0;
    const rateLimit = config.rateLimit === 0 ? null : new KeyRateLimit(config.rateLimit);
    const app = createApp(services, {
      authenticator: new Authenticator({ keys, required: needsKey }, rateLimit),
      allowedOrigins: config.allowedOrigins,
      limits: { ...config.limits, heartbeatMs: HEARTBEAT_MS },
      admission: admission(config.limits.admission),
      basePath: '',
      namespaces: null,
      logger,
      clock: systemClock,
      mcp: mcpOnDemand({ services, logger, version: VERSION, answerChars: config.toolAnswerChars }),
      docsAssets: bundledSwagger,
      dashboardAssets: bundledDashboard,
      version: VERSION,
      closing: new AbortController().signal,
    });
    return { app, services, collection, needsKey };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

/** After its last save; one that is gone keeps the others from it no longer. */
const SNAPSHOT_TERM_MS = 60_000;

/** Snapshots of several isolates would replace each other, each of them whole: one of them is enough. */
function snapshotLease(writer: Pick<CatalogWriter, 'commit'>): () => Promise<boolean> {
  const lease = new Lease({
    name: 'snapshot',
    holder: crypto.randomUUID(),
    ttlMs: SNAPSHOT_TERM_MS,
    writer,
    clock: systemClock,
  });
  return async () => lease.term !== null || lease.take();
}

function openHost(config: EdgeConfig, mayStore: () => Promise<boolean>, logger: Logger): IndexHost {
  const { databaseUrl, databaseAuthToken } = config;
  return new InlineHost({
    backends: [{ name: 'flat', load: () => Promise.resolve(flatBackend) }],
    createTextIndex: () => new Bm25Index(),
    openFiles: ({ name }) =>
      LibsqlFiles.open({
        database: connectSnapshotDatabase(databaseUrl, databaseAuthToken),
        folder: name,
        mayStore,
      }),
    openSource: openRemoteIndexSource,
    createBuilder: (_, context) => new InlineBuilder(context),
    clock: systemClock,
    logger,
  });
}
