import { toChlError, type ChlError, type ErrorCode } from '../core/errors.ts';
import type { ErrorBody } from '../service/contract/errors.ts';

/** Exhaustive: a new code does not compile until it has a status. */
export const STATUS_OF_ERROR = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  EMBEDDER_MISMATCH: 409,
  CONFIGURATION: 409,
  GONE: 410,
  VERSION_MISMATCH: 412,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  CORRUPT: 500,
  OVERLOADED: 503,
  UNAVAILABLE: 503,
  OUTCOME_UNKNOWN: 503,
  STORAGE_FULL: 507,
} as const satisfies Record<ErrorCode, number>;

/** When the failure does not say: soon enough for a client that waits, late enough for one that loops. */
const RETRY_AFTER_DEFAULT_SECONDS = 1;

/** The answer to anything thrown. What went wrong inside stays in the log. */
export function errorResponse(thrown: unknown, requestId: string): Response {
  const error = toChlError(thrown);
  const headers = new Headers({ 'Content-Type': 'application/json' });
  if (error.retryable) {
    headers.set('Retry-After', String(Math.ceil(error.retryAfterSeconds ?? RETRY_AFTER_DEFAULT_SECONDS)));
  }
  if (error.code === 'UNAUTHENTICATED') headers.set('WWW-Authenticate', 'Bearer');
  return new Response(JSON.stringify(errorBodyOf(error, requestId)), {
    status: STATUS_OF_ERROR[error.code],
    headers,
  });
}

export function errorBodyOf(error: ChlError, requestId: string): ErrorBody {
  const { code, message, hint, retryable } = error;
  return {
    detail: message,
    error: { code, message, retryable, ...(hint === undefined ? {} : { hint }) },
    request_id: requestId,
  };
}
