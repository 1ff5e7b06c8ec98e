import { ChlError, toChlError } from '../core/errors.ts';
import { failpoint } from '../core/failpoints.ts';
import type { ObservedMutex } from '../core/locks/observed-mutex.ts';
import type { CatalogWriter, CommitReport, WriteOperation, WriteOutcome } from '../core/ports/catalog.ts';
import type { IndexCollection } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import { operationBytes } from './operation-bytes.ts';
import type { CommitterOptions } from './options.ts';

/** An operation that was committed. */
export type Committed = Extract<WriteOutcome, { readonly ok: true }> & {
  /** False when the index could not take it yet; it will, by replaying the feed. */
  readonly indexed: boolean;
};

export interface CommitterParts {
  readonly writer: CatalogWriter;
  readonly collection: Pick<IndexCollection, 'apply'>;
  readonly lock: ObservedMutex;
  readonly logger: Logger;
  readonly options: CommitterOptions;
  /** Called after every group, before its writers hear of it: caches and feeds learn first. */
  readonly onCommitted: (report: CommitReport) => void;
}

export interface CommitterStatus {
  readonly waiting: number;
  readonly waitingMax: number;
  readonly groups: number;
  readonly operations: number;
}

interface Waiting {
  readonly operation: WriteOperation;
  readonly bytes: number;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (error: ChlError) => void;
}

/**
 * Group commit: whatever waits becomes one transaction and one fsync. The writer lock is held from
 * the commit to the end of the index's apply, so the order of `seq` is the order of the index. While
 * a group is on its way the next one gathers; a lone write never waits for company.
 */
export class Committer {
  readonly #parts: CommitterParts;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #groups = 0;
  #operations = 0;
  #closed = false;
  #pump: Promise<void> | null = null;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /**
   * @throws what refused the operation; RATE_LIMITED when too much waits; OUTCOME_UNKNOWN, STORAGE_FULL
   *   or UNAVAILABLE when the whole group failed
   */
  async submit(operation: WriteOperation): Promise<Committed> {
    const bytes = operationBytes(operation);
    this.#refuseWhenFull(bytes);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, bytes, resolve, reject });
      this.#waitingBytes += bytes;
      this.#pump ??= this.#commitGroups();
    });
  }

  status(): CommitterStatus {
    return {
      waiting: this.#waiting.length,
      waitingMax: this.#parts.options.waitingOperationsMax,
      groups: this.#groups,
      operations: this.#operations,
    };
  }

  /** Commits what waits, then refuses everything. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pump;
  }

  #refuseWhenFull(bytes: number): void {
    const { options } = this.#parts;
    if (this.#closed) throw new ChlError('UNAVAILABLE', 'The service is shutting down.');
    const full =
      this.#waiting.length >= options.waitingOperationsMax ||
      this.#waitingBytes + bytes > options.waitingBytesMax;
    if (full) {
      throw new ChlError('RATE_LIMITED', 'Writes come faster than they can be stored.', {
        retryAfterSeconds: options.retryAfterSeconds,
      });
    }
  }

  async #commitGroups(): Promise<void> {
    // One turn of the microtask queue: writes that arrive together share the first group too.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      await this.#parts.lock.runExclusive('commit', () => this.#commitGroup(this.#takeGroup()));
    }
    this.#pump = null;
  }

  #takeGroup(): readonly Waiting[] {
    const { groupOperationsMax, groupBytesMax } = this.#parts.options;
    let bytes = 0;
    let count = 0;
    for (const { bytes: next } of this.#waiting) {
      if (count >= groupOperationsMax || (count > 0 && bytes + next > groupBytesMax)) break;
      bytes += next;
      count += 1;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    let report: CommitReport;
    try {
      report = await this.#parts.writer.commit(group.map(({ operation }) => operation));
    } catch (error) {
      const failure = toChlError(error, 'catalog.commit');
      this.#parts.logger.error({ err: failure, operations: group.length }, 'a group of writes failed');
      for (const { reject } of group) reject(failure);
      return;
    }
    failpoint('commit.before-apply');
    this.#groups += 1;
    this.#operations += group.length;
    const indexed = await this.#apply(report);
    this.#parts.onCommitted(report);
    group.forEach((waiting, place) => settle(waiting, report.outcomes[place], indexed));
  }

  /** The writes are durable whatever happens here: an index that missed a batch fills the gap from the database. */
  async #apply({ before, after, outcomes }: CommitReport): Promise<boolean> {
    if (after.seq === before.seq) return true;
    const changes = outcomes.flatMap((outcome) =>
      outcome.ok && !outcome.replayed && outcome.change !== null ? [outcome.change] : [],
    );
    try {
      await this.#parts.collection.apply({ afterSeq: before.seq, last: after, changes });
      return true;
    } catch (error) {
      this.#parts.logger.warn(
        { err: error, seq: after.seq },
        'the index did not take a group; it will replay it',
      );
      return false;
    }
  }
}

function settle(waiting: Waiting, outcome: WriteOutcome | undefined, indexed: boolean): void {
  if (outcome === undefined) {
    waiting.reject(new ChlError('OUTCOME_UNKNOWN', 'The database did not say what became of the write.'));
  } else if (outcome.ok) {
    waiting.resolve({ ...outcome, indexed });
  } else {
    waiting.reject(ChlError.fromData(outcome.error));
  }
}
