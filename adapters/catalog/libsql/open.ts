import { databaseUrlOf } from './database-url.ts';
import { LocalReader } from './local-reader.ts';
import type { BindingWriter, WriterFault } from './local-writer.ts';
import { LibsqlMaintenance } from './maintenance.ts';
import { openWriter } from './open-writer.ts';
import type { LibsqlCatalog, LibsqlCatalogOptions } from './options.ts';
import { LibsqlReader } from './reader.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import type { ThreadData, WriterThreadData } from './thread/protocol.ts';
import { ThreadedReader } from './thread/threaded-reader.ts';
import { ThreadedWriter } from './thread/threaded-writer.ts';

const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens a database file, creating or migrating it first.
 * @throws CONFIGURATION when it is newer than this program or not ours, CORRUPT when it is damaged
 */
export async function openLibsqlCatalog(options: LibsqlCatalogOptions): Promise<LibsqlCatalog> {
  const data: ThreadData = { path: options.path, busyTimeoutMs: options.busyTimeoutMs ?? BUSY_TIMEOUT_MS };
  const onFault = (fault: WriterFault): void =>
    options.logger?.warn({ sqliteCode: fault.sqliteCode, cause: fault.cause }, fault.message);

  // Both threads start at once. The reading one connects with its first call, when the writing one has
  // brought the file up to date.
  const { readerThread } = options;
  const far = readerThread === undefined ? null : ThreadedReader.start(readerThread, data, onFault);
  let writer: BindingWriter | null = null;
  let near: LocalReader | null = null;
  const close = async (): Promise<void> => {
    // Readers first: the writer empties its log into the file, for which nobody may be reading it.
    await far?.close();
    near?.close();
    await writer?.close();
  };
  try {
    const opened = await openNearOrFar(options, data, onFault);
    writer = opened;
    near = new LocalReader(() => new SqliteConnection({ ...data, readOnly: true }));
    await far?.started();
    return {
      reader: new LibsqlReader({ near, far: far ?? near }),
      writer: opened,
      databaseUrl: databaseUrlOf(options.path),
      maintenance: new LibsqlMaintenance({
        path: options.path,
        ...(options.backupThread === undefined ? {} : { backupThread: options.backupThread }),
        compact: () => opened.compact(),
      }),
      bindFingerprint: (fingerprint) => opened.bindFingerprint(fingerprint),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function openNearOrFar(
  { writerThread, changesKept, reserveBytes = 0 }: LibsqlCatalogOptions,
  threadData: ThreadData,
  onFault: (fault: WriterFault) => void,
): Promise<BindingWriter> {
  const data: WriterThreadData = { ...threadData, changesKept: changesKept ?? null, reserveBytes };
  return writerThread === undefined
    ? openWriter(data, onFault)
    : ThreadedWriter.open(writerThread, data, onFault);
}
