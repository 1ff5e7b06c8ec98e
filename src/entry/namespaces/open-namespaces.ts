import { ServerAdmin } from '../../../adapters/catalog/libsql/remote/server-admin.ts';
import { systemClock } from '../../../adapters/clock/system-clock.ts';
import type { Logger } from '../../core/ports/runtime.ts';
import type { NamespaceGate } from '../../http/namespaces/namespace-routes.ts';
import { Namespaces, type NamespaceStore } from '../../service/namespaces/namespaces.ts';
import { OpenNamespaces } from '../../service/namespaces/open-namespaces.ts';
import type { Config, NamespaceServer } from '../config.ts';
import { openDatabaseThreads, type DatabaseThreads } from '../database-threads.ts';
import { NamespaceFolders } from './namespace-folders.ts';
import { openNamespace, type Namespace, type NamespaceParts, type NamespacePlace } from './namespace.ts';
import { ServerNamespaces } from './server-namespaces.ts';

/** The namespaces of this service; null where `CHL_NAMESPACES` is off. @throws CONFIGURATION, UNAVAILABLE */
export async function openNamespaces(
  parts: Omit<NamespaceParts, 'threads'>,
): Promise<Namespaces<Namespace> | null> {
  const { config, logger, limits } = parts;
  if (config.namespaces === null) return null;
  const { openMax: countMax, idleMs, server } = config.namespaces;
  const { store, locate, threads, watch, close } =
    server === null ? await inFolders(config) : await onServer(server, config, logger);
  const namespaces = new Namespaces({
    store,
    logger,
    pool: (check) =>
      new OpenNamespaces({
        check,
        open: async (name) => openNamespace(name, await locate(name), { ...parts, threads }),
        countMax,
        idleMs,
        waitMs: limits.admission.waitMs,
        clock: systemClock,
        logger,
      }),
    onClosed: close,
  });
  watch((name) => namespaces.expel(name));
  return namespaces;
}

/** Where the namespaces are kept. */
interface Keeping {
  readonly store: NamespaceStore;
  readonly locate: (name: string) => Promise<NamespacePlace>;
  readonly threads: DatabaseThreads | null;
  /** Has those closed that somebody else deletes. */
  readonly watch: (expel: (name: string) => Promise<void>) => void;
  readonly close: () => Promise<void>;
}

async function inFolders({ dataDir }: Config): Promise<Keeping> {
  const store = await NamespaceFolders.open(dataDir);
  const threads = openDatabaseThreads();
  return {
    store,
    locate: async (name) => ({ dataDir: store.pathOf(name), databaseUrl: null }),
    threads,
    // The data folder has one owner, so nobody else does.
    watch: () => undefined,
    close: async () => threads?.close(),
  };
}

async function onServer(
  { databaseUrl, adminUrl, adminKey }: NamespaceServer,
  { databaseAuthToken: authToken, dataDir, replicaPollMs: pollMs }: Config,
  logger: Logger,
): Promise<Keeping> {
  const { openNamespaceRegistry } = await import('../../../adapters/catalog/libsql/remote/open-remote.ts');
  const store = await ServerNamespaces.open({
    registry: openNamespaceRegistry({ url: databaseUrl, authToken }),
    admin: new ServerAdmin({ url: adminUrl, key: adminKey }),
    databaseUrl,
    dataDir,
    pollMs,
    clock: systemClock,
    logger,
  });
  return {
    store,
    locate: (name) => store.locate(name),
    threads: null,
    watch: (expel) => store.watch(expel),
    close: async () => store.close(),
  };
}

export const gateOf = (namespaces: Namespaces<Namespace>): NamespaceGate => ({
  async enter(name) {
    const { opened, leave } = await namespaces.enter(name);
    return { app: opened.app, leave };
  },
});
