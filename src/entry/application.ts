import { mkdir } from 'node:fs/promises';
import type { Hono } from 'hono';
import { ProcessMonitor } from '../../adapters/process-figures/process-monitor.ts';
import { acquireOwnerLock, type OwnerLock } from '../../adapters/owner-lock/owner-lock.ts';
import type { Embedder } from '../core/ports/embedder.ts';
import type { IndexCollection, IndexHost } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import type { HttpLimits } from '../http/app.ts';
import { Authenticator } from '../http/auth/authenticator.ts';
import { KeyRateLimit } from '../http/auth/key-rate-limit.ts';
import type { HttpEnv } from '../http/http-env.ts';
import { admission } from '../http/middleware/admission.ts';
import type { Services } from '../service/services.ts';
import { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { EmbedderPool } from './embedders/embedder-pool.ts';
import { openIndexHost } from './index-host.ts';
import { NO_KEYS, openKeyRing, type KeyRing } from './key-ring.ts';
import { createLogger } from './logging.ts';
import { openMemory } from './memory.ts';

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
  /** Where its indexes run, when that was begun before; the application closes it, whatever comes. */
  readonly indexHost?: IndexHost;
  /** What else to load while the database opens; a failure is for whoever needs it. */
  readonly meanwhile?: () => Promise<unknown>;
}

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
    // Given back last, after the index has let go of the folder.
    let lock: OwnerLock | null = null;
    closers.add(() => lock?.release());
    const host = overrides.indexHost ?? (await openIndexHost(config, logger));
    closers.add(() => host.close());
    await mkdir(config.dataDir, { recursive: true });
    lock = acquireOwnerLock(config.dataDir);
    const keyRing = await openKeys(config, overrides, logger);
    closers.add(() => keyRing.close());
    const embedders = new EmbedderPool();
    const opening = openMemory(config, { logger, indexHost: host, embedders, threads: null });
    // What answers requests is loaded while the database opens, on its threads.
    const loading = loadHttp();
    loading.then(overrides.meanwhile).catch(() => undefined);
    const memory = await opening;
    closers.add(() => memory.close());
    const { httpLimits, openHttp, gateOf, openNamespaces } = await loading;
    const { services, collection, embedder } = memory;
    const rateLimit = config.rateLimit === 0 ? null : new KeyRateLimit(config.rateLimit);
    closers.add(() => rateLimit?.close());
    const monitor = new ProcessMonitor();
    closers.add(() => monitor.close());
    const closing = new AbortController();
    closers.add(() => closing.abort());
    const limits = httpLimits(config, overrides.limits);
    const namespaces = await openNamespaces({
      config,
      limits,
      logger,
      indexHost: host,
      embedders,
      keyRing,
      monitor,
    });
    closers.add(() => namespaces?.close());
    return {
      app: openHttp({
        config,
        limits,
        admission: admission(limits.admission),
        basePath: '',
        services,
        logger,
        authenticator: new Authenticator(keyRing, rateLimit),
        monitor,
        closing: closing.signal,
        namespaces: namespaces === null ? null : { admin: namespaces, gate: gateOf(namespaces) },
        ...(namespaces === null ? {} : { namespaceFigures: () => namespaces.figures() }),
      }),
      services,
      collection,
      embedder,
      generatedKey: keyRing.generatedKey,
      endStreams() {
        closing.abort();
        namespaces?.endStreams();
      },
      close: () => closers.close(),
    };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

const loadHttp = async () => ({
  ...(await import('./http.ts')),
  ...(await import('./namespaces/open-namespaces.ts')),
});

const openKeys = (
  config: Config,
  { access }: ApplicationOverrides,
  logger: Logger,
): Promise<KeyRing> | KeyRing => (access === 'in-process' ? NO_KEYS : openKeyRing(config, logger));

/** To stderr: stdout belongs to what a command prints. */
const standardLogger = (config: Config): Logger =>
  createLogger({
    level: config.logLevel,
    readable: process.stderr.isTTY,
    write: (line) => process.stderr.write(line),
  });
