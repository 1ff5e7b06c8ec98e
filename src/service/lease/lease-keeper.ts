import { toChlError } from '../../core/errors.ts';
import type { LeaseTerm } from '../../core/ports/catalog.ts';
import type { Clock, Logger, Timer } from '../../core/ports/runtime.ts';
import type { JobLease } from './job-lease.ts';
import type { Lease } from './lease.ts';

export interface LeaseKeeperParts {
  readonly lease: Lease;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often it is renewed, or asked for while another service has it: a third of its term. */
  readonly everyMs: number;
  /** Whether this service could do the job; if not, another one shall. */
  readonly isWanted: () => boolean;
  /** After each renewal: it is held, and others may have left something to do. */
  readonly onHeld: () => void;
}

/** Holds a lease for as long as it is wanted and can be had. */
export class LeaseKeeper implements JobLease {
  readonly #parts: LeaseKeeperParts;
  #timer: Timer | null = null;
  #asking: Promise<void> = Promise.resolve();
  #stopped = false;
  #failed = false;

  constructor(parts: LeaseKeeperParts) {
    this.#parts = parts;
  }

  get term(): LeaseTerm | null {
    return this.#parts.lease.term;
  }

  /** @returns whether it could be had at once; if not, it is asked for until `stop` */
  async start(): Promise<boolean> {
    this.#stopped = false;
    this.#asking = this.#keep();
    await this.#asking;
    return this.term !== null;
  }

  /** The job is at rest: the next service may begin. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#asking;
    await this.#parts.lease.drop();
  }

  async #keep(): Promise<void> {
    const { lease, clock, everyMs, isWanted, onHeld } = this.#parts;
    try {
      if (!isWanted()) await lease.drop();
      else if (await lease.take()) onHeld();
      this.#failed = false;
    } catch (error) {
      this.#warn(error);
    }
    if (this.#stopped) return;
    this.#timer = clock.setTimer(() => {
      this.#asking = this.#keep();
    }, everyMs);
  }

  /** Once per outage. */
  #warn(error: unknown): void {
    const { code, message } = toChlError(error, 'lease.take');
    if (!this.#failed) this.#parts.logger.warn({ code, reason: message }, 'a lease cannot be asked for');
    this.#failed = true;
  }
}
