import { ChlError } from '../core/errors.ts';
import { CONTRACT_LIMITS } from '../service/contract/limits.ts';
import type { RequestContext } from '../service/request-context.ts';

const MIN_SEQ_CHARS_MAX = 32;

/** What a request says in headers. @throws INVALID_ARGUMENT naming the header */
export function requestContext(request: Request, caller: string): RequestContext {
  const headers = request.headers;
  return {
    caller,
    sessionId: bounded(headers, 'X-CHL-Session', CONTRACT_LIMITS.sessionChars),
    minSeq: bounded(headers, 'X-CHL-Min-Seq', MIN_SEQ_CHARS_MAX),
    idempotencyKey: bounded(headers, 'Idempotency-Key', CONTRACT_LIMITS.idempotencyKeyChars),
    expectedVersion: expectedVersion(headers),
    // Made when it is asked for: few handlers do, and it costs a controller and its listeners.
    get signal() {
      return request.signal;
    },
  };
}

function bounded(headers: Headers, name: string, maxChars: number): string | null {
  const value = headers.get(name);
  if (value === null || value === '') return null;
  if (value.length > maxChars) {
    throw new ChlError('INVALID_ARGUMENT', `The header ${name} must be at most ${maxChars} characters.`);
  }
  return value;
}

/** A version, bare or as an entity tag: `3`, `"3"`, `W/"3"`. `*` asks for no particular one. */
function expectedVersion(headers: Headers): number | null {
  const value = headers.get('If-Match')?.trim();
  if (value === undefined || value === '' || value === '*') return null;
  const version = /^(?:W\/)?"?([1-9]\d{0,14})"?$/.exec(value)?.[1];
  if (version === undefined) {
    throw new ChlError('INVALID_ARGUMENT', 'The header If-Match must hold one version, such as 3.');
  }
  return Number(version);
}

/** The client's own id for the request when it is fit for a log, or a new one. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get('X-Request-Id');
  return given !== null && /^[\w.:-]{1,128}$/.test(given) ? given : crypto.randomUUID();
}
