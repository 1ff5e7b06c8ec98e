import { parentPort } from 'node:worker_threads';
import type { ThreadData, WriterThreadData } from '../../adapters/catalog/libsql/thread/protocol.ts';
import { serveReader } from '../../adapters/catalog/libsql/thread/serve-reader.ts';
import { serveWriter } from '../../adapters/catalog/libsql/thread/serve-writer.ts';
import type { ConversationOrder } from '../../adapters/catalog/libsql/thread/shared-thread.ts';
import { armFailpointsFromEnvironment } from './failpoints.ts';

/** A thread that serves the databases of many namespaces. Started by `SharedThread`. */
if (parentPort === null) throw new Error('database-thread is a worker thread, not a program.');
armFailpointsFromEnvironment();
parentPort.on('message', ({ service, port, data }: ConversationOrder) => {
  void (service === 'writer'
    ? serveWriter(port, data as WriterThreadData)
    : serveReader(port, data as ThreadData));
});
