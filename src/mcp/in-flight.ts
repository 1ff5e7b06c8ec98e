/**
 * Calls that run, so that `notifications/cancelled`, which arrives as a request of its own, can
 * reach them although the transport is stateless.
 *
 * Request ids are unique to one client only, and a stateless server cannot tell two clients with
 * the same key and address apart. So a cancellation takes effect where exactly one call matches it,
 * and is ignored (as the specification allows) where it could hit somebody else's.
 */
export class InFlightCalls {
  readonly #calls = new Map<string, Set<AbortController>>();

  start(peer: string, requestId: string | number): { readonly signal: AbortSignal; end(): void } {
    const key = callKey(peer, requestId);
    const controller = new AbortController();
    const running = this.#calls.get(key) ?? new Set();
    running.add(controller);
    this.#calls.set(key, running);
    return {
      signal: controller.signal,
      end: () => {
        running.delete(controller);
        if (running.size === 0) this.#calls.delete(key);
      },
    };
  }

  cancel(peer: string, requestId: string | number): boolean {
    const running = this.#calls.get(callKey(peer, requestId));
    if (running === undefined || running.size !== 1) return false;
    for (const controller of running) controller.abort();
    return true;
  }
}

const callKey = (peer: string, requestId: string | number): string =>
  `${peer}\n${typeof requestId}:${requestId}`;
