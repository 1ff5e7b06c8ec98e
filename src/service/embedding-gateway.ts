import { contentHash, embedChecked } from '../core/embedding.ts';
import { ChlError, toChlError } from '../core/errors.ts';
import type { EmbeddingInput } from '../core/ports/catalog.ts';
import { fingerprintText, type Embedder, type EmbedRequest, type EmbedText } from '../core/ports/embedder.ts';
import type { Clock, Logger } from '../core/ports/runtime.ts';
import { TIMED_OUT, withDeadline } from './deadline.ts';
import type { EmbeddingOptions } from './options.ts';

export interface EmbeddingGatewayParts {
  readonly embedder: Embedder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: EmbeddingOptions;
}

const NOTHING_TO_EMBED = 'the embedder found nothing it can read in the text';

/** The services' way to the embedder: deadlines, and an embedder that is away never fails a write. */
export class EmbeddingGateway {
  readonly fingerprint: string;
  readonly #parts: EmbeddingGatewayParts;
  #failure: string | null = null;

  constructor(parts: EmbeddingGatewayParts) {
    this.#parts = parts;
    this.fingerprint = fingerprintText(parts.embedder.fingerprint);
  }

  get embedder(): Embedder {
    return this.#parts.embedder;
  }

  /** Why the last call failed; null when it worked. */
  get failure(): string | null {
    return this.#failure;
  }

  /**
   * @returns a unit vector, or null for a query without anything the embedder can read
   * @throws UNAVAILABLE
   */
  async query(words: string): Promise<Float32Array | null> {
    const request: EmbedRequest = { texts: [{ heading: '', body: words }], role: 'query' };
    const [vector] = await this.#embed(request, this.#parts.options.queryTimeoutMs);
    return vector ?? null;
  }

  /** In the order of the texts. What could not be embedded comes back without a vector, to be queued. */
  async passages(texts: readonly EmbedText[]): Promise<readonly EmbeddingInput[]> {
    const { fingerprint } = this;
    const hashes = await Promise.all(texts.map(contentHash));
    const describe = (row: number): { fingerprint: string; contentHash: string } => ({
      fingerprint,
      contentHash: hashes[row]!,
    });
    try {
      const vectors = await this.#embed({ texts, role: 'passage' }, this.#parts.options.passageTimeoutMs);
      return vectors.map((vector, row) =>
        vector === null
          ? { vector, ...describe(row), reason: NOTHING_TO_EMBED }
          : { vector, ...describe(row) },
      );
    } catch (error) {
      const { message } = toChlError(error);
      return texts.map((_, row) => ({ vector: null, ...describe(row), reason: message }));
    }
  }

  async #embed(request: EmbedRequest, timeoutMs: number): Promise<readonly (Float32Array | null)[]> {
    const { embedder, clock, logger } = this.#parts;
    try {
      const answer = embedder.local
        ? await embedChecked(embedder, request)
        : await withDeadline(clock, timeoutMs, (signal) => embedChecked(embedder, { ...request, signal }));
      if (answer === TIMED_OUT)
        throw new ChlError('UNAVAILABLE', `The embedder did not answer within ${timeoutMs} ms.`);
      this.#failure = null;
      return answer;
    } catch (error) {
      const failure = unavailable(error);
      this.#failure = failure.message;
      logger.warn({ err: error, texts: request.texts.length, role: request.role }, 'the embedder failed');
      throw failure;
    }
  }
}

/** Whatever an embedder throws, it is away as far as its callers are concerned. */
function unavailable(error: unknown): ChlError {
  if (error instanceof ChlError && error.code === 'UNAVAILABLE') return error;
  return new ChlError('UNAVAILABLE', 'The embedder failed.', { operation: 'embedder.embed', cause: error });
}
