import { ChlError } from '../../core/errors.ts';

const LINE_FEED = 0x0a;

/**
 * Bytes to lines, without their line ends, in constant memory. Counts them, so that whoever reads
 * knows which line failed.
 */
export class Lines implements AsyncIterable<string> {
  readonly #bytes: AsyncIterable<Uint8Array>;
  readonly #maxLineBytes: number;
  /** One for all lines, and each line at once: a decoder that streams is a native object that waits for a collection. */
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #count = 0;

  constructor(bytes: AsyncIterable<Uint8Array>, maxLineBytes: number) {
    this.#bytes = bytes;
    this.#maxLineBytes = maxLineBytes;
  }

  /** Whole lines so far. */
  get count(): number {
    return this.#count;
  }

  /** @throws PAYLOAD_TOO_LARGE for a line over the bound, INVALID_ARGUMENT for bytes that are not UTF-8 */
  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    let parts: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.#bytes) {
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        parts.push(chunk.subarray(start, end));
        this.#checkSize(size + end - start);
        yield this.#line(parts);
        parts = [];
        size = 0;
        start = end + 1;
      }
      parts.push(chunk.slice(start));
      size += chunk.length - start;
      this.#checkSize(size);
    }
    if (size > 0) yield this.#line(parts);
  }

  #checkSize(sizeBytes: number): void {
    if (sizeBytes <= this.#maxLineBytes) return;
    throw new ChlError(
      'PAYLOAD_TOO_LARGE',
      `Line ${this.#count + 1} is longer than ${this.#maxLineBytes} bytes.`,
    );
  }

  #line(parts: readonly Uint8Array[]): string {
    try {
      const text = this.#decoder.decode(parts.length === 1 ? parts[0] : joined(parts));
      this.#count++;
      return text.endsWith('\r') ? text.slice(0, -1) : text;
    } catch (cause) {
      throw new ChlError('INVALID_ARGUMENT', `Line ${this.#count + 1} is not valid UTF-8.`, { cause });
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
