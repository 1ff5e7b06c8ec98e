import { ChlError } from '../../../../src/core/errors.ts';
import { didNotHappen } from '../sqlite-errors.ts';
import { ServerAway } from './hrana-connection.ts';

/** A read, or a transaction that was never committed: nothing of it happened. */
export function neverHappened(error: unknown, operation: string): ChlError {
  if (!(error instanceof ServerAway)) return didNotHappen(error, operation);
  return new ChlError('UNAVAILABLE', 'The database server does not answer.', {
    operation,
    cause: error,
    hint: 'Check CHL_DATABASE_URL, its token, and whether the server runs.',
    retryAfterSeconds: 1,
  });
}
