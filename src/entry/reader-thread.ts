import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadData } from '../../adapters/catalog/libsql/thread/protocol.ts';
import { serveReader } from '../../adapters/catalog/libsql/thread/serve-reader.ts';

/** The thread for full-text search and long scans. Started by `openLibsqlCatalog`. */
if (parentPort === null) throw new Error('reader-thread is a worker thread, not a program.');
await serveReader(parentPort, workerData as ThreadData);
