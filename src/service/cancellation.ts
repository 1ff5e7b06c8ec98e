import { ChlError } from '../core/errors.ts';
import type { RequestContext } from './request-context.ts';

/** Whose call it is. The signal is looked at only where something may take long: over HTTP it costs to make. */
export type Cancellable = Pick<RequestContext, 'signal'>;

const CANCELLED = 'service.cancelled';

/** The caller has gone, or said that it does not want the answer any more. */
export const cancelled = (): ChlError =>
  new ChlError('UNAVAILABLE', 'The call was cancelled.', {
    operation: CANCELLED,
    hint: 'A write may still have happened; repeat it with the same idempotency_key to be sure.',
  });

export const isCancelled = (error: unknown): boolean =>
  error instanceof ChlError && error.operation === CANCELLED;
