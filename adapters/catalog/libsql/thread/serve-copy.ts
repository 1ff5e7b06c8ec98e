import type { MessagePort } from 'node:worker_threads';
import { toChlError, type ErrorData } from '../../../../src/core/errors.ts';
import { copyDatabase, type DatabaseCopy } from '../copy-database.ts';

/** `workerData` of the thread. */
export interface CopyOrder {
  readonly path: string;
  readonly target: string;
}

export type CopyAnswer =
  | { readonly kind: 'copied'; readonly copy: DatabaseCopy }
  | { readonly kind: 'failed'; readonly error: ErrorData };

/** One copy, one answer; then the thread ends. `src/entry/backup-thread.ts` runs it. */
export async function serveCopy(port: MessagePort, { path, target }: CopyOrder): Promise<void> {
  let answer: CopyAnswer;
  try {
    answer = { kind: 'copied', copy: await copyDatabase(path, target) };
  } catch (error) {
    answer = { kind: 'failed', error: toChlError(error, 'catalog.backup').toData() };
  }
  port.postMessage(answer);
}
