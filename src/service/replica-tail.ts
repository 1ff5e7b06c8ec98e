import { toChlError } from '../core/errors.ts';
import { asSeq, type Seq } from '../core/ids.ts';
import type { CatalogReader } from '../core/ports/catalog.ts';
import type { IndexCollection } from '../core/ports/index-host.ts';
import type { Clock, Logger, Timer } from '../core/ports/runtime.ts';

export interface ReplicaTailParts {
  readonly reader: Pick<CatalogReader, 'horizon'>;
  readonly collection: Pick<IndexCollection, 'apply'>;
  /** Before the collection hears of newer changes. */
  readonly beforeApply: () => Promise<void>;
  /** Told of every newer change, its own process's included. */
  readonly onChange: (last: Seq) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How stale this replica's index may be while nothing asks for more. */
  readonly pollMs: number;
}

/** While the database is away it is asked less and less often, up to this many times the poll. */
const BACK_OFF_MAX = 16;

/**
 * Follows the changes that other processes commit to a shared database. It carries none of them
 * itself: it hands the collection an empty batch that begins at the newest change, and the
 * collection fills the gap from `changes`, in order, as it does after any other gap.
 */
export class ReplicaTail {
  readonly #parts: ReplicaTailParts;
  #seen: Seq = asSeq(0);
  #timer: Timer | null = null;
  #polling: Promise<void> = Promise.resolve();
  /** The poll that begins when the one under way has ended. */
  #next: Promise<void> | null = null;
  #failures = 0;
  #stopped = false;
  /** By the monotonic clock: everything committed before has reached the index. Null until it is known of any moment. */
  #caughtUpMs: number | null = null;

  constructor(parts: ReplicaTailParts) {
    this.#parts = parts;
  }

  start(): void {
    void this.caughtUp().then(() => this.#schedule());
  }

  /** How long ago all that was committed had reached the index; null before the first look. */
  get stalenessMs(): number | null {
    return this.#caughtUpMs === null ? null : this.#parts.clock.monotonicMs() - this.#caughtUpMs;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await (this.#next ?? this.#polling);
  }

  /**
   * Resolves when what was committed before this call has reached the index, or the database could not
   * be asked. Calls that come together are one look; one that is under way may have begun too early.
   */
  caughtUp(): Promise<void> {
    this.#next ??= this.#polling.then(() => {
      this.#next = null;
      this.#polling = this.#poll();
      return this.#polling;
    });
    return this.#next;
  }

  /** A search waits for this change: it should not wait for the next poll as well. */
  wanted(minSeq: Seq): void {
    if (minSeq > this.#seen && !this.#stopped) void this.caughtUp();
  }

  #schedule(): void {
    if (this.#stopped) return;
    const { clock, pollMs } = this.#parts;
    const delayMs = pollMs * Math.min(BACK_OFF_MAX, 2 ** this.#failures);
    this.#timer = clock.setTimer(() => {
      void this.caughtUp().then(() => this.#schedule());
    }, delayMs);
  }

  async #poll(): Promise<void> {
    const { reader, collection, beforeApply, onChange, clock, logger } = this.#parts;
    const askedMs = clock.monotonicMs();
    try {
      const last = await reader.horizon();
      if (last.seq !== this.#seen) {
        await beforeApply();
        await collection.apply({ afterSeq: last.seq, last, changes: [] });
        this.#seen = last.seq;
        onChange(last.seq);
      }
      this.#failures = 0;
      this.#caughtUpMs = askedMs;
    } catch (error) {
      this.#failures += 1;
      const { code, message } = toChlError(error, 'replica.tail');
      // Once per outage: the next poll says it again only after it has worked.
      if (this.#failures === 1)
        logger.warn({ code, reason: message }, 'changes of other replicas cannot be followed');
    }
  }
}
