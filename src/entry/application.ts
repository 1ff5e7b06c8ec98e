import { mkdir } from 'node:fs/promises';
import type { Hono } from 'hono';
import { ProcessMonitor } from '../../adapters/process-figures/process-monitor.ts';
import { acquireOwnerLock } from '../../adapters/owner-lock/owner-lock.ts';
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
import { httpLimits, openHttp } from './http.ts';
import { openInlineHost, openProcessHost } from './index-host.ts';
import { NO_KEYS, openKeyRing, type KeyRing } from './key-ring.ts';
import { createLogger } from './logging.ts';
import { openMemory } from './memory.ts';
import { gateOf, openNamespaces } from './namespaces/open-namespaces.ts';
import { entryUrl } from './entry-url.ts';

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
    const embedders = new EmbedderPool();
    const indexHost = once(() => {
      const host = openHost(config, logger);
      closers.add(() => host.close());
      return host;
    });
    const memory = await openMemory(config, { logger, indexHost, embedders, threads: null });
    closers.add(() => memory.close());
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
      indexHost,
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

/** What is opened when it is first asked for. */
function once<T>(open: () => T): () => T {
  let opened: { readonly value: T } | null = null;
  return () => (opened ??= { value: open() }).value;
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

/** To stderr: stdout belongs to what a command prints. */
const standardLogger = (config: Config): Logger =>
  createLogger({
    level: config.logLevel,
    readable: process.stderr.isTTY,
    write: (line) => process.stderr.write(line),
  });
