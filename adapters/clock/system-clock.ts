import type { Clock } from '../../src/core/ports/runtime.ts';

/** The runtime's own clock and timers: Node, Deno and the edge have the same. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(callback, delayMs) {
    // A timer of Node's takes a millisecond at least, in which nothing happens.
    if (delayMs === 0 && typeof setImmediate === 'function') {
      const turn = setImmediate(callback);
      return { cancel: () => clearImmediate(turn) };
    }
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
