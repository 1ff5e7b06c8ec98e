import type { ErrorData } from '../../../src/core/errors.ts';
import type {
  CollectionSpec,
  CollectionState,
  CollectionStatus,
  IndexSearch,
  RebuildReport,
  SaveReport,
} from '../../../src/core/ports/index-host.ts';
import type { ChangeBatch } from '../../../src/core/ports/index-source.ts';
import type { LogFields } from '../../../src/core/ports/runtime.ts';
import type { PackedHits } from './packed-hits.ts';

/** What the serving process and the index process say to each other, by structured clone. */

/** The serving process's number for a collection; a restarted child gets the same ones. */
export type CollectionNumber = number;

/** A search is not among them: searches travel in batches of their own. */
export type CollectionCall =
  | { readonly method: 'apply'; readonly batch: ChangeBatch }
  | { readonly method: 'save' }
  | { readonly method: 'rebuild' }
  | { readonly method: 'status' }
  | { readonly method: 'close' };

export interface CallResults {
  readonly apply: undefined;
  readonly save: SaveReport;
  readonly rebuild: RebuildReport;
  readonly status: CollectionStatus;
  readonly close: undefined;
}

export interface SearchRequest {
  readonly id: number;
  readonly collection: CollectionNumber;
  readonly query: IndexSearch;
}

export type ToIndexProcess =
  | { readonly kind: 'open'; readonly collection: CollectionNumber; readonly spec: CollectionSpec }
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly collection: CollectionNumber;
      readonly call: CollectionCall;
    }
  | { readonly kind: 'searches'; readonly searches: readonly SearchRequest[] }
  | { readonly kind: 'ping' };

/** Of a call, or of a search that failed. */
export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: CallResults[keyof CallResults] }
  | { readonly id: number; readonly ok: false; readonly error: ErrorData };

export type FromIndexProcess =
  | {
      readonly kind: 'answers';
      readonly answers: readonly Answer[];
      /** Of searches. */
      readonly found: PackedHits;
      /** Batches of searches begun since the last message: so many more may be sent. */
      readonly batchesTaken: number;
    }
  | {
      /** Sent whenever it changes. */
      readonly kind: 'state';
      readonly collection: CollectionNumber;
      readonly state: CollectionState;
      /** The first open has ended, well or badly. */
      readonly hasOpened: boolean;
    }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly fields: LogFields; readonly message: string }
  | { readonly kind: 'pong' };

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
