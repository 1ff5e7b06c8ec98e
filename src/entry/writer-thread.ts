import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadData } from '../../adapters/catalog/libsql/thread/protocol.ts';
import { serveWriter } from '../../adapters/catalog/libsql/thread/serve-writer.ts';

/** The thread that owns the only writing connection. Started by `openLibsqlCatalog`. */
if (parentPort === null) throw new Error('writer-thread is a worker thread, not a program.');
await serveWriter(parentPort, workerData as ThreadData);
