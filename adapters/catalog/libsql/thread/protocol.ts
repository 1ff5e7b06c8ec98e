import type { ErrorData } from '../../../../src/core/errors.ts';
import type { CommitReport, WriteOperation } from '../../../../src/core/ports/catalog.ts';
import type { WriterFault } from '../local-writer.ts';
import type { SqlRow, SqlValue } from '../sql-session.ts';

/** What passes between the serving thread and the threads of the catalog; all of it can be cloned. */

/** `workerData` of the reader's thread, and part of the writer's. */
export interface ThreadData {
  readonly path: string;
  readonly busyTimeoutMs: number;
}

/** `workerData` of the writer's thread. */
export interface WriterThreadData extends ThreadData {
  /** How many of the newest changes the feed keeps; null: all. */
  readonly changesKept: number | null;
  /** Room kept for deletions on a full disk; 0: none. */
  readonly reserveBytes: number;
}

export interface ThreadRequest<Call> {
  readonly id: number;
  /** `close` releases the connection; nothing may follow it. */
  readonly call: Call | 'close';
}

export type ThreadMessage<Result> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly error: ErrorData }
  | { readonly kind: 'result'; readonly id: number; readonly result: Result }
  | { readonly kind: 'failure'; readonly id: number; readonly error: ErrorData }
  | { readonly kind: 'closed'; readonly id: number }
  | { readonly kind: 'fault'; readonly fault: WriterFault };

export type WriterCall =
  | { readonly kind: 'commit'; readonly group: readonly WriteOperation[] }
  | { readonly kind: 'bind'; readonly fingerprint: string }
  | { readonly kind: 'compact' };

export type WriterResult =
  | { readonly kind: 'commit'; readonly report: CommitReport }
  | { readonly kind: 'bind'; readonly fingerprint: string }
  | { readonly kind: 'compact' };

export interface ReaderCall {
  readonly sql: string;
  readonly args: readonly SqlValue[];
}

export type ReaderResult = readonly SqlRow[];
