import type { Clock } from '../../src/core/ports/runtime.ts';

/** The runtime's own clock and timers: Node, Deno and the edge have the same. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
