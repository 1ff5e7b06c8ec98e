import { mkdir } from 'node:fs/promises';
import type { Hono } from 'hono';
import { openLibsqlCatalog } from '../../adapters/catalog/libsql/open.ts';
import type { LibsqlCatalog } from '../../adapters/catalog/libsql/options.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { HashEmbedder } from '../../adapters/embedder/hash/hash-embedder.ts';
import { acquireOwnerLock } from '../../adapters/owner-lock/owner-lock.ts';
import { ChlError } from '../core/errors.ts';
import { fingerprintText, type Embedder } from '../core/ports/embedder.ts';
import type { CollectionSpec, IndexCollection, IndexHost } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import { createApp, type HttpLimits } from '../http/app.ts';
import { Authenticator } from '../http/auth/authenticator.ts';
import type { HttpEnv } from '../http/http-env.ts';
import { createMcpHandler } from '../mcp/handler.ts';
import { createServices } from '../service/create-services.ts';
import type { Services } from '../service/services.ts';
import { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { databasePath, indexFolder } from './data-folder.ts';
import { swaggerAssets } from './docs-assets.ts';
import { openInlineHost, openProcessHost } from './index-host.ts';
import { openKeyRing, type KeyRing } from './key-ring.ts';
import { createLogger } from './logging.ts';
import { entryUrl } from './entry-url.ts';
import { VERSION } from './version.ts';

/** Everything but a socket: what answers requests, and the parts under it. */
export interface Application {
  readonly app: Hono<HttpEnv>;
  readonly services: Services;
  readonly collection: IndexCollection;
  readonly embedder: Embedder;
  /** An admin key that this start has made; shown once, never stored. */
  readonly generatedKey: string | null;
  /** Ends streams that have no end of their own, such as changes as events. */
  endStreams(): void;
  /** Finishes what was taken, saves as the policy says, and frees the data folder. */
  close(): Promise<void>;
}

export interface ApplicationOverrides {
  readonly logger?: Logger;
  /** `in-process`: nobody but this process can call, so no key is asked for. */
  readonly access?: 'keys' | 'in-process';
  readonly limits?: Partial<HttpLimits>;
}

const BODY_IDLE_MS = 30_000;
const HEARTBEAT_MS = 15_000;

/**
 * Composes the service. It answers as soon as the database is open; the index opens meanwhile.
 * @throws CONFLICT when another process owns the data folder, EMBEDDER_MISMATCH, CONFIGURATION, CORRUPT
 */
export async function openApplication(
  config: Config,
  overrides: ApplicationOverrides = {},
): Promise<Application> {
  const logger = overrides.logger ?? standardLogger(config);
  const closers = new Closers();
  try {
    await mkdir(config.dataDir, { recursive: true });
    const lock = acquireOwnerLock(config.dataDir);
    closers.add(() => lock.release());
    const keyRing = await openKeys(config, overrides);
    const catalog = await openCatalog(config, logger);
    closers.add(() => catalog.close());
    const embedder = new HashEmbedder({ dimension: config.embedder.dimension });
    closers.add(() => embedder.close());
    await bindEmbedder(catalog, embedder);
    const host = openHost(config, logger);
    closers.add(() => host.close());
    const collection = host.open(collectionSpec(config, catalog, embedder));
    const services = createServices({
      catalog,
      maintenance: catalog.maintenance,
      collection,
      embedder,
      clock: systemClock,
      logger,
      indexSettings: config.index,
    });
    closers.add(() => services.close());
    const closing = new AbortController();
    closers.add(() => closing.abort());
    return {
      app: openHttp({ config, overrides, services, logger, keyRing, closing: closing.signal }),
      services,
      collection,
      embedder,
      generatedKey: keyRing.generatedKey,
      endStreams: () => closing.abort(),
      close: () => closers.close(),
    };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

const openKeys = (config: Config, { access }: ApplicationOverrides): Promise<KeyRing> | KeyRing =>
  access === 'in-process' ? { keys: [], generatedKey: null } : openKeyRing(config);

function openCatalog(config: Config, logger: Logger): Promise<LibsqlCatalog> {
  const writerThread = entryUrl('writer-thread');
  const readerThread = entryUrl('reader-thread');
  const backupThread = entryUrl('backup-thread');
  return openLibsqlCatalog({
    path: databasePath(config),
    ...(writerThread === null ? {} : { writerThread }),
    ...(readerThread === null ? {} : { readerThread }),
    ...(backupThread === null ? {} : { backupThread }),
    changesKept: config.changesKept,
    reserveBytes: config.diskReserveBytes,
    logger,
  });
}

/** Vectors of two embedders never mix: a database belongs to the first one that wrote into it. */
async function bindEmbedder(catalog: LibsqlCatalog, embedder: Embedder): Promise<void> {
  const wanted = fingerprintText(embedder.fingerprint);
  const bound = await catalog.bindFingerprint(wanted);
  if (bound === wanted) return;
  throw new ChlError(
    'EMBEDDER_MISMATCH',
    `The database holds vectors of another embedder: ${bound}, and this configuration has ${wanted}.`,
    {
      operation: 'application.open',
      hint: 'Configure the embedder that the database was made with, or embed it anew.',
    },
  );
}

/** Native code belongs in a child process; where none can be started, the index runs in this one. */
function openHost(config: Config, logger: Logger): IndexHost {
  const entry = entryUrl('index-process');
  const wanted =
    config.index.host === 'auto' ? ('Deno' in globalThis ? 'inline' : 'process') : config.index.host;
  return wanted === 'process' && entry !== null
    ? openProcessHost(entry, logger)
    : openInlineHost(config.index.backend, logger);
}

const collectionSpec = (config: Config, catalog: LibsqlCatalog, embedder: Embedder): CollectionSpec => ({
  name: 'entries',
  databaseUrl: catalog.databaseUrl,
  databaseAuthToken: null,
  directory: indexFolder(config),
  fingerprint: fingerprintText(embedder.fingerprint),
  dimension: embedder.fingerprint.dimension,
  backend: config.index.backend,
  indexKind: config.index.kind,
  hnsw: config.index.hnsw,
  hnswMinVectors: config.index.hnswMinVectors,
  growingMaxVectors: config.index.growingMaxVectors,
  savePolicy: config.index.savePolicy,
  saveIntervalMs: config.index.saveIntervalMs,
  rebuildThreshold: config.index.rebuildThreshold,
});

interface HttpParts {
  readonly config: Config;
  readonly overrides: ApplicationOverrides;
  readonly services: Services;
  readonly logger: Logger;
  readonly keyRing: KeyRing;
  readonly closing: AbortSignal;
}

function openHttp({ config, overrides, services, logger, keyRing, closing }: HttpParts): Hono<HttpEnv> {
  return createApp(services, {
    authenticator: new Authenticator(keyRing.keys),
    limits: { ...config.limits, bodyIdleMs: BODY_IDLE_MS, heartbeatMs: HEARTBEAT_MS, ...overrides.limits },
    logger,
    clock: systemClock,
    mcp: createMcpHandler({ services, logger, version: VERSION }),
    docsAssets: swaggerAssets,
    version: VERSION,
    closing,
  });
}

/** To stderr: stdout belongs to what a command prints. */
const standardLogger = (config: Config): Logger =>
  createLogger({
    level: config.logLevel,
    readable: process.stderr.isTTY,
    write: (line) => process.stderr.write(line),
  });
