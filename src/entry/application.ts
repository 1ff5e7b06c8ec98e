import { mkdir, rm } from 'node:fs/promises';
import type { Hono } from 'hono';
import type { LibsqlCatalog } from '../../adapters/catalog/libsql/options.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { ProcessMonitor } from '../../adapters/process-figures/process-monitor.ts';
import { acquireOwnerLock } from '../../adapters/owner-lock/owner-lock.ts';
import { fingerprintText, parseFingerprint, type Embedder } from '../core/ports/embedder.ts';
import type { CollectionSpec, IndexCollection, IndexHost } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import { createApp, type HttpLimits } from '../http/app.ts';
import { Authenticator } from '../http/auth/authenticator.ts';
import { KeyRateLimit } from '../http/auth/key-rate-limit.ts';
import type { HttpEnv } from '../http/http-env.ts';
import { createMcpHandler } from '../mcp/handler.ts';
import { createServices } from '../service/create-services.ts';
import type { ReembedPorts } from '../service/reembed/reembed-ports.ts';
import type { Services } from '../service/services.ts';
import { DEFAULT_SERVICE_OPTIONS, type ServiceOptions } from '../service/options.ts';
import { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { isShared, openCatalog } from './catalog.ts';
import { indexFolder } from './data-folder.ts';
import { dashboardAssets } from './dashboard-assets.ts';
import { swaggerAssets } from './docs-assets.ts';
import { chooseEmbedder, openEmbedder, type EmbedderKind } from './embedders.ts';
import { openInlineHost, openProcessHost } from './index-host.ts';
import { NO_KEYS, openKeyRing, type KeyRing } from './key-ring.ts';
import { createLogger } from './logging.ts';
import { createPrometheus } from './metrics/prometheus.ts';
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

const HEARTBEAT_MS = 15_000;

/**
 * Composes the service. It answers as soon as the database is open; the index opens meanwhile.
 * @throws CONFLICT when another process owns the data folder, CONFIGURATION, CORRUPT
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
    const keyRing = await openKeys(config, overrides, logger);
    closers.add(() => keyRing.close());
    const catalog = await openCatalog(config, logger);
    closers.add(() => catalog.close());
    const stored = await catalog.reader.fingerprint();
    const { kind, embedder } = await chooseEmbedder(config.embedder, stored, logger);
    closers.add(() => embedder.close());
    const boundFingerprint = await catalog.bindFingerprint(fingerprintText(embedder.fingerprint));
    const generation = await catalog.reader.indexGeneration();
    const host = openHost(config, logger);
    closers.add(() => host.close());
    const openCollection = (fingerprint: string, of: number): IndexCollection =>
      host.open(collectionSpec(config, catalog, fingerprint, of));
    const collection = openCollection(boundFingerprint, generation);
    const services = createServices(
      {
        catalog,
        maintenance: catalog.maintenance,
        collection,
        embedder,
        boundFingerprint,
        reembed: reembedPorts({ config, kind, openCollection, closers, logger }),
        clock: systemClock,
        logger,
        indexSettings: config.index,
        ...(isShared(config) ? { replicaPollMs: config.replicaPollMs } : {}),
      },
      serviceOptions(config),
    );
    closers.add(() => services.close());
    await services.start();
    const rateLimit = config.rateLimit === 0 ? null : new KeyRateLimit(config.rateLimit);
    closers.add(() => rateLimit?.close());
    const monitor = new ProcessMonitor();
    closers.add(() => monitor.close());
    const closing = new AbortController();
    closers.add(() => closing.abort());
    return {
      app: openHttp({ config, overrides, services, logger, keyRing, rateLimit, monitor, closing }),
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

const openKeys = (
  config: Config,
  { access }: ApplicationOverrides,
  logger: Logger,
): Promise<KeyRing> | KeyRing => (access === 'in-process' ? NO_KEYS : openKeyRing(config, logger));

interface ReembedParts {
  readonly config: Config;
  /** Of the embedder that this start has chosen. */
  readonly kind: EmbedderKind;
  readonly openCollection: (fingerprint: string, generation: number) => IndexCollection;
  readonly closers: Closers;
  readonly logger: Logger;
}

const reembedPorts = ({ config, kind, openCollection, closers, logger }: ReembedParts): ReembedPorts => ({
  async openEmbedder({ to, model }) {
    const settings = { ...config.embedder, model: model ?? config.embedder.model };
    const embedder = await openEmbedder(to ?? kind, settings, logger);
    closers.add(() => embedder.close());
    return embedder;
  },
  openCollection: ({ fingerprint }, generation) => openCollection(fingerprintText(fingerprint), generation),
  retire: (generation) => rm(indexFolder(config, generation), { recursive: true, force: true }),
});

/**
 * A libSQL server ends a transaction after 5 s, and each statement of ours is a round trip of a few
 * milliseconds, about a dozen to an operation.
 */
const SHARED_GROUP_OPERATIONS_MAX = 16;

const serviceOptions = (config: Config): ServiceOptions => ({
  ...DEFAULT_SERVICE_OPTIONS,
  committer: {
    ...DEFAULT_SERVICE_OPTIONS.committer,
    ...(isShared(config) ? { groupOperationsMax: SHARED_GROUP_OPERATIONS_MAX } : {}),
  },
  embedding: { ...DEFAULT_SERVICE_OPTIONS.embedding, mode: config.embedder.mode },
});

/** Native code belongs in a child process; where none can be started, the index runs in this one. */
function openHost(config: Config, logger: Logger): IndexHost {
  const entry = entryUrl('index-process');
  const wanted =
    config.index.host === 'auto' ? ('Deno' in globalThis ? 'inline' : 'process') : config.index.host;
  return wanted === 'process' && entry !== null
    ? openProcessHost(entry, logger)
    : openInlineHost(config.index.backend, logger);
}

const collectionSpec = (
  config: Config,
  catalog: LibsqlCatalog,
  fingerprint: string,
  generation: number,
): CollectionSpec => ({
  name: generation === 1 ? 'entries' : `entries-${generation}`,
  databaseUrl: catalog.databaseUrl,
  databaseAuthToken: config.databaseAuthToken,
  directory: indexFolder(config, generation),
  fingerprint,
  dimension: parseFingerprint(fingerprint)?.dimension ?? 1,
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
  readonly rateLimit: KeyRateLimit | null;
  readonly monitor: ProcessMonitor;
  readonly closing: AbortController;
}

function openHttp({
  config,
  overrides,
  services,
  logger,
  keyRing,
  rateLimit,
  monitor,
  closing,
}: HttpParts): Hono<HttpEnv> {
  return createApp(services, {
    authenticator: new Authenticator(keyRing, rateLimit),
    allowedOrigins: config.allowedOrigins,
    limits: { ...config.limits, heartbeatMs: HEARTBEAT_MS, ...overrides.limits },
    logger,
    clock: systemClock,
    metrics: createPrometheus({
      figures: services.figures,
      processFigures: () => monitor.figures(),
      clock: systemClock,
      version: VERSION,
    }),
    mcp: createMcpHandler({ services, logger, version: VERSION, answerChars: config.toolAnswerChars }),
    docsAssets: swaggerAssets,
    dashboardAssets: dashboardAssets(),
    version: VERSION,
    closing: closing.signal,
  });
}

/** To stderr: stdout belongs to what a command prints. */
const standardLogger = (config: Config): Logger =>
  createLogger({
    level: config.logLevel,
    readable: process.stderr.isTTY,
    write: (line) => process.stderr.write(line),
  });
