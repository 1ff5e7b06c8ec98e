import { ChlError } from '../../core/errors.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  /** A sender that is silent for longer has gone; one that is slower than `SLOWEST_BYTES_PER_MS` as well. */
  readonly idleMs: number;
}

/**
 * 4 kB a second. Time spent waiting for the sender is `idleMs` and what this rate takes for the
 * bytes that came, so that a byte now and then does not hold a request open for ever.
 */
const SLOWEST_BYTES_PER_MS = 4;

/**
 * The bytes of a request as they come, never more than `maxBytes` of them, whether their number was
 * announced or not (chunked).
 * @throws PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE for a compressed one, INVALID_ARGUMENT when the body
 *   breaks off
 */
export async function* boundedBytes(request: Request, limits: BodyLimits): AsyncGenerator<Uint8Array> {
  requireUncompressed(request.headers);
  if (Number(request.headers.get('Content-Length') ?? 0) > limits.maxBytes) throw tooLarge(limits.maxBytes);
  if (request.body === null) return;
  const reader = request.body.getReader();
  let received = 0;
  let waitedMs = 0;
  try {
    for (;;) {
      const patienceMs = limits.idleMs + received / SLOWEST_BYTES_PER_MS - waitedMs;
      const askedMs = performance.now();
      const { done, value } = await readInTime(reader, Math.min(limits.idleMs, patienceMs));
      if (done) return;
      waitedMs += performance.now() - askedMs;
      received += value.byteLength;
      if (received > limits.maxBytes) throw tooLarge(limits.maxBytes);
      yield value;
    }
  } finally {
    // The rest is not wanted; a sender that has gone cannot be told.
    void reader.cancel().catch(() => undefined);
  }
}

/** A body of this size comes in a packet or a few; its parts are not worth a stream. */
const SMALL_BYTES = 16_384;

/**
 * The whole of a body that was announced as small, or null for any other. Node's listener reads it
 * without a web stream, which for a search is a third of the cost of the request.
 * @throws as `boundedBytes` does; `idleMs` is for all of it
 */
export async function smallBody(request: Request, limits: BodyLimits): Promise<Uint8Array | null> {
  const announced = Number(request.headers.get('Content-Length') ?? Number.NaN);
  if (!(announced <= Math.min(SMALL_BYTES, limits.maxBytes))) return null;
  requireUncompressed(request.headers);
  return new Uint8Array(await inTime(request.arrayBuffer(), limits.idleMs));
}

const readInTime = (
  reader: ReadableStreamDefaultReader<Uint8Array>,
  idleMs: number,
): Promise<ReadableStreamReadResult<Uint8Array>> => inTime(reader.read(), idleMs);

async function inTime<T>(arriving: Promise<T>, maxMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(broken('it came too slowly')), maxMs);
  });
  try {
    return await Promise.race([arriving, silence]);
  } catch (cause) {
    throw cause instanceof ChlError ? cause : broken('the connection was closed', cause);
  } finally {
    clearTimeout(timer);
  }
}

/** A megabyte can unpack to a gigabyte; nothing that is sent here needs packing. */
function requireUncompressed(headers: Headers): void {
  const encoding = headers.get('Content-Encoding')?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return;
  throw new ChlError('UNSUPPORTED_MEDIA_TYPE', 'The request body must not be compressed.', {
    hint: 'Send it without Content-Encoding.',
  });
}

const tooLarge = (maxBytes: number): ChlError =>
  new ChlError('PAYLOAD_TOO_LARGE', `The request body must be at most ${maxBytes} bytes.`);

const broken = (why: string, cause?: unknown): ChlError =>
  new ChlError('INVALID_ARGUMENT', `The request body did not arrive whole: ${why}.`, { cause });
