import { ChlError } from '../../core/errors.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  /** A sender that is silent for longer has gone. */
  readonly idleMs: number;
}

/**
 * The bytes of a request as they come, never more than `maxBytes` of them, whether their number was
 * announced or not (chunked).
 * @throws PAYLOAD_TOO_LARGE, INVALID_ARGUMENT when the body breaks off
 */
export async function* boundedBytes(request: Request, limits: BodyLimits): AsyncGenerator<Uint8Array> {
  if (Number(request.headers.get('Content-Length') ?? 0) > limits.maxBytes) throw tooLarge(limits.maxBytes);
  if (request.body === null) return;
  const reader = request.body.getReader();
  let received = 0;
  try {
    for (;;) {
      const { done, value } = await readInTime(reader, limits.idleMs);
      if (done) return;
      received += value.byteLength;
      if (received > limits.maxBytes) throw tooLarge(limits.maxBytes);
      yield value;
    }
  } finally {
    // The rest is not wanted; a sender that has gone cannot be told.
    await reader.cancel().catch(() => undefined);
  }
}

async function readInTime(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  idleMs: number,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(broken(`nothing came for ${idleMs / 1000} seconds`)), idleMs);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } catch (cause) {
    throw cause instanceof ChlError ? cause : broken('the connection was closed', cause);
  } finally {
    clearTimeout(timer);
  }
}

const tooLarge = (maxBytes: number): ChlError =>
  new ChlError('PAYLOAD_TOO_LARGE', `The request body must be at most ${maxBytes} bytes.`);

const broken = (why: string, cause?: unknown): ChlError =>
  new ChlError('INVALID_ARGUMENT', `The request body did not arrive whole: ${why}.`, { cause });
