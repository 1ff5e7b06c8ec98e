import { databaseUrlOf } from './database-url.ts';
import { LocalReader } from './local-reader.ts';
import { LocalWriter, type BindingWriter, type WriterFault } from './local-writer.ts';
import type { LibsqlCatalog, LibsqlCatalogOptions } from './options.ts';
import { LibsqlReader } from './reader.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import type { ThreadData } from './thread/protocol.ts';
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

  const writer = await openWriter(options, data, onFault);
  let near: LocalReader | null = null;
  let far: ThreadedReader | null = null;
  const close = async (): Promise<void> => {
    // Readers first: the writer empties its log into the file, for which nobody may be reading it.
    await far?.close();
    near?.close();
    await writer.close();
  };
  try {
    near = new LocalReader(() => new SqliteConnection({ ...data, readOnly: true }));
    if (options.readerThread !== undefined) {
      far = await ThreadedReader.open(options.readerThread, data, onFault);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    reader: new LibsqlReader({ near, far: far ?? near }),
    writer,
    databaseUrl: databaseUrlOf(options.path),
    bindFingerprint: (fingerprint) => writer.bindFingerprint(fingerprint),
    close,
  };
}

function openWriter(
  options: LibsqlCatalogOptions,
  data: ThreadData,
  onFault: (fault: WriterFault) => void,
): Promise<BindingWriter> {
  return options.writerThread === undefined
    ? LocalWriter.open({ connect: () => new SqliteConnection({ ...data, readOnly: false }), onFault })
    : ThreadedWriter.open(options.writerThread, data, onFault);
}
