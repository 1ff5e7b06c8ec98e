/** Who asks, and what came in headers rather than in the body. */
export interface RequestContext {
  /** Name of the API key, or `local` where none is needed; becomes `author` and `actor`. */
  readonly caller: string;
  /** `X-CHL-Session`. */
  readonly sessionId: string | null;
  /** `X-CHL-Min-Seq`, `epoch:seq` as a write answered it. */
  readonly minSeq: string | null;
  /** `Idempotency-Key`. */
  readonly idempotencyKey: string | null;
  /** The version in `If-Match`. */
  readonly expectedVersion: number | null;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal | null;
}

/** A context with nothing in its headers. */
export const plainContext = (caller: string): RequestContext => ({
  caller,
  sessionId: null,
  minSeq: null,
  idempotencyKey: null,
  expectedVersion: null,
  signal: null,
});
