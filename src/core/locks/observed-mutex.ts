import { Mutex } from 'async-mutex';
import { ChlError } from '../errors.ts';
import { Histogram } from '../figures/histogram.ts';
import type { LockStatus } from '../ports/index-host.ts';
import type { Clock, Logger } from '../ports/runtime.ts';

/** Upper bounds of the wait histogram, in milliseconds; one more bucket holds everything above. */
export const WAIT_BUCKETS_MS = [1, 5, 10, 50, 100, 500, 1_000, 5_000] as const;

/** Of a lock that nobody has asked for. */
export const UNUSED_LOCK: LockStatus = {
  waits: 0,
  longestWaitMs: 0,
  longestWaitHolder: null,
  waitMs: new Histogram(WAIT_BUCKETS_MS).figures(),
};

/** A wait longer than this is logged with the holder that caused it. */
const SLOW_WAIT_MS = 1_000;

export interface ObservedMutexOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Proof that a lock is held. There is no re-entrancy: a function that needs the lock takes the guard
 * as an argument instead of taking the lock, so a deadlock with oneself cannot be written.
 */
export class Guard {
  readonly holder: string;
  readonly #lock: ObservedMutex;
  #held = true;

  constructor(lock: ObservedMutex, holder: string) {
    this.#lock = lock;
    this.holder = holder;
  }

  /** @throws INTERNAL when the guard is of another lock, or was kept beyond its lock */
  assertHolds(lock: ObservedMutex): void {
    if (this.#held && this.#lock === lock) return;
    throw new ChlError('INTERNAL', `The guard of "${this.holder}" does not hold the lock.`);
  }

  /** Called by the lock alone, when `runExclusive` ends. */
  expire(): void {
    this.#held = false;
  }
}

/** async-mutex that knows who holds it, and how long others waited for whom. First come, first served. */
export class ObservedMutex {
  readonly #options: ObservedMutexOptions;
  readonly #mutex = new Mutex();
  readonly #waitsMs = new Histogram(WAIT_BUCKETS_MS);
  /** The last one to hold it. */
  #holder: string | null = null;
  #waits = 0;
  #longestWaitMs = 0;
  #longestWaitHolder: string | null = null;

  constructor(options: ObservedMutexOptions) {
    this.#options = options;
  }

  async runExclusive<T>(holder: string, work: (held: Guard) => Promise<T> | T): Promise<T> {
    const askedAtMs = this.#options.clock.monotonicMs();
    const blockedBy = this.#mutex.isLocked() ? this.#holder : null;
    // Named at once, for those who ask before the lock has been handed over.
    if (blockedBy === null) this.#holder = holder;
    return this.#mutex.runExclusive(async () => {
      this.#observeWait(this.#options.clock.monotonicMs() - askedAtMs, holder, blockedBy);
      const held = new Guard(this, holder);
      this.#holder = holder;
      try {
        return await work(held);
      } finally {
        held.expire();
      }
    });
  }

  get holder(): string | null {
    return this.#mutex.isLocked() ? this.#holder : null;
  }

  status(): LockStatus {
    return {
      waits: this.#waits,
      longestWaitMs: this.#longestWaitMs,
      longestWaitHolder: this.#longestWaitHolder,
      waitMs: this.#waitsMs.figures(),
    };
  }

  #observeWait(waitMs: number, holder: string, blockedBy: string | null): void {
    this.#waitsMs.observe(waitMs);
    if (blockedBy === null) return;
    this.#waits += 1;
    if (waitMs > this.#longestWaitMs) {
      this.#longestWaitMs = waitMs;
      this.#longestWaitHolder = blockedBy;
    }
    if (waitMs > SLOW_WAIT_MS) {
      const fields = { lock: this.#options.name, holder: blockedBy, waiter: holder, waitMs };
      this.#options.logger.warn(fields, 'a lock was waited for longer than a second');
    }
  }
}
