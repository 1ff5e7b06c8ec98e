import { systemClock } from '../../../adapters/clock/system-clock.ts';
import type { NamespaceGate } from '../../http/namespaces/namespace-routes.ts';
import { Namespaces } from '../../service/namespaces/namespaces.ts';
import { OpenNamespaces } from '../../service/namespaces/open-namespaces.ts';
import { openDatabaseThreads } from '../database-threads.ts';
import { NamespaceFolders } from './namespace-folders.ts';
import { openNamespace, type Namespace, type NamespaceParts } from './namespace.ts';

/** The namespaces of this service; null where `CHL_NAMESPACES` is off. @throws UNAVAILABLE */
export async function openNamespaces(
  parts: Omit<NamespaceParts, 'threads'>,
): Promise<Namespaces<Namespace> | null> {
  const { config, logger, limits } = parts;
  if (config.namespaces === null) return null;
  const { openMax: countMax, idleMs } = config.namespaces;
  const folders = await NamespaceFolders.open(config.dataDir);
  const threads = openDatabaseThreads();
  return new Namespaces({
    store: folders,
    logger,
    pool: (check) =>
      new OpenNamespaces({
        check,
        open: (name) => openNamespace(name, folders.pathOf(name), { ...parts, threads }),
        countMax,
        idleMs,
        waitMs: limits.admission.waitMs,
        clock: systemClock,
        logger,
      }),
    onClosed: async () => threads?.close(),
  });
}

export const gateOf = (namespaces: Namespaces<Namespace>): NamespaceGate => ({
  async enter(name) {
    const { opened, leave } = await namespaces.enter(name);
    return { app: opened.app, leave };
  },
});
