import type { Hono } from 'hono';
import { acquireOwnerLock, type OwnerLock } from '../../../adapters/owner-lock/owner-lock.ts';
import { ChlError } from '../../core/errors.ts';
import { Authenticator } from '../../http/auth/authenticator.ts';
import type { HttpEnv } from '../../http/http-env.ts';
import type { OpenNamespace } from '../../service/namespaces/open-namespaces.ts';
import { Closers } from '../closers.ts';
import type { Config } from '../config.ts';
import { openHttp, type HttpParts } from '../http.ts';
import type { KeyRing } from '../key-ring.ts';
import { taggedLogger } from '../logging.ts';
import { openMemory, type MemoryParts } from '../memory.ts';
import { settledWithin } from '../settled-within.ts';

/** A namespace that is open: a memory of its own, and what answers for it under `/ns/NAME`. */
export interface Namespace extends OpenNamespace {
  readonly app: Hono<HttpEnv>;
}

/** Where the data of a namespace are. */
export interface NamespacePlace {
  /** Its lock, its index and, unless a server has it, its database. */
  readonly dataDir: string;
  /** On a server; null: a file in the folder. */
  readonly databaseUrl: string | null;
}

/** What all namespaces of a process share: processes, threads and models, and no data. */
export interface NamespaceParts
  extends Omit<MemoryParts, 'embeddingCacheBytes'>, Pick<HttpParts, 'config' | 'limits' | 'monitor'> {
  readonly keyRing: KeyRing;
}

/** The promise of a restart: vectors within 2 s from a snapshot of 100,000. */
const INDEX_AWAITED_MS = 2_000;

/** Enough for a few thousand short queries. */
const EMBEDDING_CACHE_BYTES = 2 * 1024 * 1024;

/** A deletion logs about 60 kB, and the log is emptied after 16 of them. */
const DISK_RESERVE_BYTES_MAX = 1024 * 1024;

/** @throws UNAVAILABLE when another process works on its folder, CONFIGURATION, CORRUPT */
export async function openNamespace(
  name: string,
  place: NamespacePlace,
  parts: NamespaceParts,
): Promise<Namespace> {
  const closers = new Closers();
  const logger = taggedLogger(parts.logger, { namespace: name });
  const config: Config = {
    ...parts.config,
    ...place,
    diskReserveBytes: Math.min(parts.config.diskReserveBytes, DISK_RESERVE_BYTES_MAX),
  };
  try {
    const lock = lockFolder(place.dataDir);
    closers.add(() => lock.release());
    const memory = await openMemory(config, {
      ...parts,
      logger,
      embeddingCacheBytes: EMBEDDING_CACHE_BYTES,
    });
    closers.add(() => memory.close());
    // Whoever comes after a pause is answered as everybody else; a large index may take longer, and
    // until then answers come by text and say so.
    await settledWithin(memory.collection.opened, INDEX_AWAITED_MS);
    const { services } = memory;
    const closing = new AbortController();
    closers.add(() => closing.abort());
    const app = openHttp({
      config,
      limits: parts.limits,
      // Both were passed in front.
      admission: null,
      authenticator: new Authenticator(parts.keyRing, null, name),
      basePath: `/ns/${name}`,
      namespaces: null,
      services,
      logger,
      monitor: parts.monitor,
      closing: closing.signal,
    });
    return {
      app,
      get isAtWork() {
        return services.reembed.isRunning;
      },
      endStreams: () => closing.abort(),
      close: () => closers.close(),
    };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

/** Who owns it is nothing that a client should read. */
function lockFolder(dataDir: string): OwnerLock {
  try {
    return acquireOwnerLock(dataDir);
  } catch (cause) {
    if (!(cause instanceof ChlError) || cause.code !== 'CONFLICT') throw cause;
    throw new ChlError('UNAVAILABLE', 'Another process works on this namespace.', {
      operation: 'namespace.open',
      cause,
      retryAfterSeconds: 5,
    });
  }
}
