import { existsSync, writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { WriterThreadData } from '../../../adapters/catalog/libsql/thread/protocol.ts';
import { serveWriter } from '../../../adapters/catalog/libsql/thread/serve-writer.ts';

/**
 * The real writer on a thread that dies, once, after it has committed a group and before it can say
 * so: its answer is dropped and the thread ends. Armed by a file beside the database.
 */
if (parentPort === null) throw new Error('a worker thread, not a program');
const port = parentPort;
const { path } = workerData as WriterThreadData;
const post = port.postMessage.bind(port);
port.postMessage = (message: { readonly kind: string }, transfer): void => {
  if (message.kind === 'result' && existsSync(`${path}.arm`) && !existsSync(`${path}.died`)) {
    writeFileSync(`${path}.died`, '');
    process.exit(1);
  }
  post(message, transfer);
};
await serveWriter(port, workerData as WriterThreadData);
