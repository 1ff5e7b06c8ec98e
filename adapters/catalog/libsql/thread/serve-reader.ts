import type { MessagePort } from 'node:worker_threads';
import { LocalReader } from '../local-reader.ts';
import { SqliteConnection } from '../sqlite-connection.ts';
import type { ReaderCall, ReaderResult, ThreadData } from './protocol.ts';
import { serveThread } from './serve-thread.ts';

/**
 * Runs a reader on the thread this is called on; `src/entry/reader-thread.ts` does. It connects with the
 * first call, so that it can be started before there is a database.
 */
export function serveReader(port: MessagePort, data: ThreadData): Promise<void> {
  return serveThread<ReaderCall, ReaderResult>(port, async () => {
    let reader: LocalReader | null = null;
    const connect = (): LocalReader =>
      (reader ??= new LocalReader(() => new SqliteConnection({ ...data, readOnly: true })));
    return {
      handle: async ({ sql, args }) => connect().all(sql, args),
      transferables: () => [],
      close: async () => reader?.close(),
    };
  });
}
