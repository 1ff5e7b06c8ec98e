import { HttpServerError } from '@libsql/hrana-client';
import { ChlError } from '../../../../src/core/errors.ts';
import { didNotHappen } from '../sqlite-errors.ts';
import { ServerAway } from './hrana-connection.ts';

/** A read, or a transaction that was never committed: nothing of it happened. */
export function neverHappened(error: unknown, operation: string): ChlError {
  if (!(error instanceof ServerAway)) return didNotHappen(error, operation);
  if (error.cause instanceof HttpServerError && error.cause.status === 404) {
    return new ChlError('UNAVAILABLE', 'The database server has no such database.', {
      operation,
      cause: error,
      hint: 'Check CHL_DATABASE_URL. With namespaces enabled sqld takes what stands before the first dot of a host, of 127.0.0.1 too, for a namespace: name the server without a dot.',
      retryAfterSeconds: 1,
    });
  }
  return new ChlError('UNAVAILABLE', 'The database server does not answer.', {
    operation,
    cause: error,
    hint: 'Check CHL_DATABASE_URL, its token, and whether the server runs.',
    retryAfterSeconds: 1,
  });
}
