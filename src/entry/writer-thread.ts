import { parentPort, workerData } from 'node:worker_threads';
import type { WriterThreadData } from '../../adapters/catalog/libsql/thread/protocol.ts';
import { serveWriter } from '../../adapters/catalog/libsql/thread/serve-writer.ts';
import { armFailpointsFromEnvironment } from './failpoints.ts';

/** The thread that owns the only writing connection. Started by `openLibsqlCatalog`. */
if (parentPort === null) throw new Error('writer-thread is a worker thread, not a program.');
armFailpointsFromEnvironment();
await serveWriter(parentPort, workerData as WriterThreadData);
