import { parentPort, workerData } from 'node:worker_threads';
import { serveCopy, type CopyOrder } from '../../adapters/catalog/libsql/thread/serve-copy.ts';

/** The thread that copies the database for a backup, and ends. Started by `LibsqlMaintenance`. */
if (parentPort === null) throw new Error('backup-thread is a worker thread, not a program.');
await serveCopy(parentPort, workerData as CopyOrder);
