import { mkdir } from 'node:fs/promises';
import type { Hono } from 'hono';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { ProcessMonitor } from '../../adapters/process-figures/process-monitor.ts';
import { acquireOwnerLock } from '../../adapters/owner-lock/owner-lock.ts';
import type { Embedder } from '../core/ports/embedder.ts';
import type { IndexCollection, IndexHost } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import { createApp, type HttpLimits } from '../http/app.ts';
import { Authenticator } from '../http/auth/authenticator.ts';
import { KeyRateLimit } from '../http/auth/key-rate-limit.ts';
import type { HttpEnv } from '../http/http-env.ts';
import { createMcpHandler } from '../mcp/handler.ts';
import type { Services } from '../service/services.ts';
import { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { dashboardAssets } from './dashboard-assets.ts';
import { swaggerAssets } from './docs-assets.ts';
import { openInlineHost, openProcessHost } from './index-host.ts';
import { NO_KEYS, openKeyRing, type KeyRing } from './key-ring.ts';
import { createLogger } from './logging.ts';
import { openMemory } from './memory.ts';
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
    let host: IndexHost | null = null;
    const indexHost = (): IndexHost => {
      if (host === null) {
        const opened = openHost(config, logger);
        closers.add(() => opened.close());
        host = opened;
      }
      return host;
    };
    const memory = await openMemory(config, { logger, indexHost });
    closers.add(() => memory.close());
    const { services, collection, embedder } = memory;
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

/** Native code belongs in a child process; where none can be started, the index runs in this one. */
function openHost(config: Config, logger: Logger): IndexHost {
  const entry = entryUrl('index-process');
  const wanted =
    config.index.host === 'auto' ? ('Deno' in globalThis ? 'inline' : 'process') : config.index.host;
  return wanted === 'process' && entry !== null
    ? openProcessHost(entry, logger)
    : openInlineHost(config.index.backend, logger);
}

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
