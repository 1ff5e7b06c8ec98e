import type { Clock } from '../core/ports/runtime.ts';

export const TIMED_OUT: unique symbol = Symbol('timed out');

/**
 * The work's result, or TIMED_OUT after `timeoutMs`; the signal aborts then, so that work which
 * listens can stop. A failure after the deadline has no one left to hear it and is dropped.
 */
export function withDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | typeof TIMED_OUT> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => {
      resolve(TIMED_OUT);
      controller.abort();
    }, timeoutMs);
    work(controller.signal)
      .then(resolve, reject)
      .finally(() => timer.cancel());
  });
}
