/**
 * The closed set of failures. A code says what the caller should do about it; `src/http` and
 * `src/mcp` each hold one exhaustive table from code to status.
 */
export const ERROR_CODES = [
  'INVALID_ARGUMENT', // 400: the request is wrong; the message names the field
  'UNAUTHENTICATED', // 401
  'FORBIDDEN', // 403
  'NOT_FOUND', // 404
  'METHOD_NOT_ALLOWED', // 405
  'CONFLICT', // 409: same ref, same name, same idempotency key with another body
  'GONE', // 410: below the retention horizon of the changefeed
  'VERSION_MISMATCH', // 412
  'PAYLOAD_TOO_LARGE', // 413
  'UNSUPPORTED_MEDIA_TYPE', // 415
  'RATE_LIMITED', // 429
  'OVERLOADED', // 503 + Retry-After: a bounded queue is full
  'UNAVAILABLE', // 503: a part that is needed is away
  'OUTCOME_UNKNOWN', // 503: a commit failed; repeat with the same Idempotency-Key
  'STORAGE_FULL', // 507
  'EMBEDDER_MISMATCH', // 409: vectors of another embedder are stored; run `chl reembed`
  'CORRUPT', // damaged file or database
  'CONFIGURATION', // the start is refused; 409: what is asked for needs settings that this service lacks
  'INTERNAL', // 500
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What crosses threads, processes and the wire. */
export interface ErrorData {
  readonly code: ErrorCode;
  /** One clear sentence, safe to show: no SQL, no path, no stack. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly retryable: boolean;
  /** After how long a retry makes sense. */
  readonly retryAfterSeconds?: number;
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'RATE_LIMITED',
  'OVERLOADED',
  'UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'STORAGE_FULL',
]);

export interface ChlErrorOptions {
  readonly hint?: string;
  /** The operation that failed, for the log: `catalog.commit`, `snapshot.publish`. */
  readonly operation?: string;
  readonly cause?: unknown;
  readonly retryable?: boolean;
  readonly retryAfterSeconds?: number;
}

export class ChlError extends Error {
  override readonly name = 'ChlError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly operation: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: ChlErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.operation = options.operation;
    this.retryable = options.retryable ?? RETRYABLE.has(code);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  toData(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: this.retryAfterSeconds }),
    };
  }

  static fromData(data: ErrorData): ChlError {
    return new ChlError(data.code, data.message, data);
  }
}

/** Anything thrown, as a ChlError; what is not one is INTERNAL and keeps its cause for the log. */
export function toChlError(error: unknown, operation?: string): ChlError {
  if (error instanceof ChlError) return error;
  return new ChlError('INTERNAL', 'An internal error occurred.', {
    cause: error,
    ...(operation === undefined ? {} : { operation }),
  });
}
