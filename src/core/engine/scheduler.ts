import type { Clock } from '../ports/runtime.ts';

/**
 * How long a loop may run before it lets requests in. A search waits at most this much longer; much
 * shorter slices only add turns of the event loop.
 */
const SLICE_MS = 4;

/** Gives the event loop its turn when the slice is used up: `await slice.giveWay()` inside long loops. */
export class TimeSlice {
  readonly #clock: Clock;
  #endsAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#endsAtMs = clock.monotonicMs() + SLICE_MS;
  }

  async giveWay(): Promise<void> {
    if (this.#clock.monotonicMs() < this.#endsAtMs) return;
    await delay(this.#clock, 0);
    this.#endsAtMs = this.#clock.monotonicMs() + SLICE_MS;
  }
}

/** A turn of the event loop, not a resolved promise: that would be a microtask, and sockets would still wait. */
export function delay(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, delayMs);
  });
}
