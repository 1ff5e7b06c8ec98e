import { ChlError } from '../errors.ts';
import type { Seq } from '../ids.ts';
import type { Guard, ObservedMutex } from '../locks/observed-mutex.ts';
import type { ChangeBatch, IndexChange, IndexSource } from '../ports/index-source.ts';
import type { Clock, Logger } from '../ports/runtime.ts';
import type { IndexState, VectorEffects } from './index-state.ts';
import { logRecord } from './log-record.ts';
import type { Persistence } from './persistence.ts';
import { delay, TimeSlice } from './scheduler.ts';
import { isUsableVector } from './vector-check.ts';

/** Changes read at once when catching up: about 1 MB with 384 dimensions. */
const PAGE_CHANGES = 500;

/** How long a search waits for a change it was promised, before it is told to come back. */
const CATCH_UP_WAIT_MS = 2_000;
const CATCH_UP_FIRST_PAUSE_MS = 10;
const CATCH_UP_LONGEST_PAUSE_MS = 250;

export interface ChangeApplierOptions {
  readonly state: IndexState;
  readonly source: IndexSource;
  readonly persistence: Persistence;
  readonly writeLock: ObservedMutex;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Brings the database's changes into the index, one group at a time and in the order of their seqs. */
export class ChangeApplier {
  readonly #options: ChangeApplierOptions;

  constructor(options: ChangeApplierOptions) {
    this.#options = options;
  }

  /**
   * A gap before the batch is filled from the database; what is already in is skipped.
   * @throws GONE when the gap begins below the retention horizon
   */
  apply(batch: ChangeBatch): Promise<void> {
    return this.#options.writeLock.runExclusive('apply', async (held) => {
      await this.catchUp(batch.afterSeq, held);
      await this.#take(batch, held);
    });
  }

  /** Reads what the database has beyond what is applied, at least up to `target` if it is there. */
  async catchUp(target: Seq, held: Guard): Promise<void> {
    const { state, source } = this.#options;
    while (state.applied.seq < target) {
      const page = await source.changesAfter(state.applied.seq, PAGE_CHANGES);
      if (page.last.seq <= state.applied.seq) return;
      await this.#take(page, held);
    }
  }

  /** Everything that is committed by now. @throws GONE when it begins below the retention horizon */
  catchUpToNow(): Promise<void> {
    return this.#options.writeLock.runExclusive('catch-up', async (held) => {
      await this.catchUp((await this.#options.source.horizon()).seq, held);
    });
  }

  /** @throws UNAVAILABLE when the change does not turn up in time: this replica of the database is behind */
  async waitFor(target: Seq): Promise<void> {
    const { state, clock, writeLock } = this.#options;
    const deadlineMs = clock.monotonicMs() + CATCH_UP_WAIT_MS;
    for (
      let pauseMs = CATCH_UP_FIRST_PAUSE_MS;
      ;
      pauseMs = Math.min(pauseMs * 2, CATCH_UP_LONGEST_PAUSE_MS)
    ) {
      await writeLock.runExclusive('catch-up', (held) => this.catchUp(target, held));
      if (state.applied.seq >= target) return;
      if (clock.monotonicMs() + pauseMs > deadlineMs) {
        throw new ChlError('UNAVAILABLE', `The index has not reached change ${target} yet.`, {
          hint: 'Repeat the search in a moment.',
          retryAfterSeconds: 1,
        });
      }
      await delay(clock, pauseMs);
    }
  }

  async #take(batch: ChangeBatch, held: Guard): Promise<void> {
    const { state, persistence, clock } = this.#options;
    const after = state.applied.seq;
    if (batch.last.seq <= after) return;
    const growing = state.view.growing;
    const effects: VectorEffects[] = [];
    const slice = new TimeSlice(clock);
    for (const change of batch.changes) {
      if (change.seq <= after) continue;
      effects.push(state.apply(this.#checked(change)));
      await slice.giveWay();
    }
    state.applied = batch.last;
    await persistence.note(logRecord({ after, last: batch.last, effects }, state.dimension), held);
    if (state.view.growing !== growing) await persistence.rotate(held);
  }

  /** A bad vector costs its entry the vector search, never the index: it stays findable by its text. */
  #checked(change: IndexChange): IndexChange {
    const { state, logger } = this.#options;
    if (change.vector === null || isUsableVector(change.vector, state.dimension)) return change;
    logger.error(
      { key: change.key, seq: change.seq, length: change.vector.length },
      'a stored vector is unusable',
    );
    return { ...change, vector: null };
  }
}
