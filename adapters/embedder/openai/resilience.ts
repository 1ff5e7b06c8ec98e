import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  ConsecutiveBreaker,
  DelegateBackoff,
  handleType,
  retry,
  wrap,
  type IPolicy,
} from 'cockatiel';
import { ChlError } from '../../../src/core/errors.ts';

export interface ResilienceOptions {
  readonly attempts: number;
  /** Calls at the same time; further ones wait. */
  readonly concurrency: number;
  readonly queueMax: number;
  /** Failed calls in a row after which the endpoint is left alone. */
  readonly failuresMax: number;
  readonly openMs: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

/** Thrown by a call that may be tried again. */
export class RetryableCall extends Error {
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Retries with full jitter (the client of a recovering endpoint must not come back in step with the
 * others) inside a circuit breaker, behind a bounded queue.
 */
export function resilience(options: ResilienceOptions): IPolicy {
  const transient = handleType(RetryableCall);
  const backoff = new DelegateBackoff<{ attempt: number; result: { error?: Error } | { value: unknown } }>(
    (context) => {
      const error = 'error' in context.result ? context.result.error : undefined;
      if (error instanceof RetryableCall && error.retryAfterMs !== null)
        return Math.min(error.retryAfterMs, options.backoffMaxMs);
      const ceiling = Math.min(options.backoffMaxMs, options.backoffMs * 2 ** (context.attempt - 1));
      return ceiling * (0.5 + Math.random() / 2);
    },
  );
  return wrap(
    bulkhead(options.concurrency, options.queueMax),
    retry(transient, { maxAttempts: options.attempts - 1, backoff }),
    circuitBreaker(transient, {
      halfOpenAfter: options.openMs,
      breaker: new ConsecutiveBreaker(options.failuresMax),
    }),
  );
}

/** Whatever ended the call, as the port says it: UNAVAILABLE. */
export function unavailable(error: unknown): ChlError {
  if (error instanceof ChlError) return error;
  const message =
    error instanceof BrokenCircuitError
      ? 'The embedding endpoint failed several times in a row and is left alone for a while.'
      : error instanceof BulkheadRejectedError
        ? 'Too many calls wait for the embedding endpoint.'
        : error instanceof RetryableCall
          ? error.message
          : 'The embedding endpoint could not be reached.';
  return new ChlError('UNAVAILABLE', message, { operation: 'embedder.openai', cause: error });
}
