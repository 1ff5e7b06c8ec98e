import { openLibsqlCatalog } from '../../adapters/catalog/libsql/open.ts';
import type { LibsqlCatalog } from '../../adapters/catalog/libsql/options.ts';
import { isRemote } from '../../adapters/catalog/libsql/remote/server-url.ts';
import type { Logger } from '../core/ports/runtime.ts';
import type { Config } from './config.ts';
import { databasePath } from './data-folder.ts';
import type { DatabaseThreads } from './database-threads.ts';
import { entryUrl } from './entry-url.ts';

/** Whether other services may write the same database. */
export const isShared = ({ databaseUrl }: Config): boolean => databaseUrl !== null && isRemote(databaseUrl);

/**
 * The database of a service: a file of its own, or one on a libSQL server.
 * @param threads shared with other databases; null: a file has threads of its own
 */
export async function openCatalog(
  config: Config,
  logger: Logger,
  threads: DatabaseThreads | null = null,
): Promise<LibsqlCatalog> {
  const { databaseUrl, databaseAuthToken, changesKept } = config;
  if (databaseUrl !== null && isRemote(databaseUrl)) {
    // Imported when there is one: a start with a file does not wait for the client of a server.
    const { openRemoteCatalog } = await import('../../adapters/catalog/libsql/remote/open-remote.ts');
    return openRemoteCatalog({ url: databaseUrl, authToken: databaseAuthToken, changesKept, logger });
  }
  const writerThread = threads?.writer ?? entryUrl('writer-thread');
  const readerThread = threads?.reader ?? entryUrl('reader-thread');
  const backupThread = entryUrl('backup-thread');
  return openLibsqlCatalog({
    path: databasePath(config),
    ...(writerThread === null ? {} : { writerThread }),
    ...(readerThread === null ? {} : { readerThread }),
    ...(backupThread === null ? {} : { backupThread }),
    changesKept,
    reserveBytes: config.diskReserveBytes,
    logger,
  });
}
