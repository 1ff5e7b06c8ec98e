import { SharedThread } from '../../adapters/catalog/libsql/thread/shared-thread.ts';
import { entryUrl } from './entry-url.ts';

/** One thread that writes and one that reads, for the databases of all namespaces. */
export interface DatabaseThreads {
  readonly writer: SharedThread;
  readonly reader: SharedThread;
  /** After the databases. */
  close(): Promise<void>;
}

/** Null where no thread can be started: the databases are then worked on in-line. */
export function openDatabaseThreads(): DatabaseThreads | null {
  const url = entryUrl('database-thread');
  if (url === null) return null;
  const writer = new SharedThread(url, 'writer');
  const reader = new SharedThread(url, 'reader');
  return {
    writer,
    reader,
    async close() {
      await writer.close();
      await reader.close();
    },
  };
}
