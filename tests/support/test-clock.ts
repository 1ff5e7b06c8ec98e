import type { Clock, Timer } from '../../src/core/ports/runtime.ts';

interface Alarm {
  readonly atMs: number;
  readonly callback: () => void;
}

/**
 * Time that only passes when the test says so. Timers without a delay are real turns of the event
 * loop; all others wait for `advance`.
 */
export class TestClock implements Clock {
  readonly #tickMs: number;
  #nowMs = 0;
  readonly #alarms = new Set<Alarm>();

  /** @param tickMs by how much every look at the clock moves it: makes long loops give way often */
  constructor(tickMs = 0) {
    this.#tickMs = tickMs;
  }

  get pendingTimers(): number {
    return this.#alarms.size;
  }

  nowMs(): number {
    return this.monotonicMs();
  }

  monotonicMs(): number {
    this.#nowMs += this.#tickMs;
    return this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    if (delayMs === 0) {
      setTimeout(callback, 0);
      return { cancel: () => undefined };
    }
    const alarm: Alarm = { atMs: this.#nowMs + delayMs, callback };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    const due = [...this.#alarms].filter((alarm) => alarm.atMs <= this.#nowMs);
    for (const alarm of due) {
      this.#alarms.delete(alarm);
      alarm.callback();
    }
  }
}
