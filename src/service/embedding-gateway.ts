import { contentHash, embedChecked } from '../core/embedding.ts';
import { ChlError, toChlError } from '../core/errors.ts';
import type { EmbeddingInput } from '../core/ports/catalog.ts';
import {
  fingerprintText,
  type Embedder,
  type EmbeddingRole,
  type EmbedRequest,
  type EmbedText,
} from '../core/ports/embedder.ts';
import type { Clock, Logger } from '../core/ports/runtime.ts';
import { cancelled, type Cancellable } from './cancellation.ts';
import { TIMED_OUT, withDeadline } from './deadline.ts';
import { EmbeddingCache, type EmbeddingCacheStatus } from './embedding-cache.ts';
import type { EmbeddingOptions } from './options.ts';

export interface EmbeddingGatewayParts {
  readonly embedder: Embedder;
  /** The fingerprint that the database is bound to. Default: the embedder's. */
  readonly boundFingerprint?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: EmbeddingOptions;
}

export interface QueryVector {
  readonly vector: Float32Array;
  /** Only an index of the same fingerprint may be searched with it. */
  readonly fingerprint: string;
}

/** A text with the name it is remembered by. */
export interface HashedText {
  readonly text: EmbedText;
  readonly contentHash: string;
}

const NOTHING_TO_EMBED = 'the embedder found nothing it can read in the text';
const UNCANCELLED: Cancellable = { signal: null };
const UNCHANGED = 'its text did not change';

/** The reason of an entry that is embedded in the background because the operator wants it so. */
export const DEFERRED = 'it is embedded in the background';

/**
 * The services' way to the embedder: deadlines, a cache, and an embedder that is away never fails a
 * write. While the embedder is being changed, queries still go to the former one.
 */
export class EmbeddingGateway {
  readonly #parts: EmbeddingGatewayParts;
  readonly #cache: EmbeddingCache;
  #writing: Embedder;
  #searching: Embedder;
  #bound: string;
  #failure: string | null = null;

  constructor(parts: EmbeddingGatewayParts) {
    this.#parts = parts;
    this.#cache = new EmbeddingCache(parts.options.cacheMaxBytes);
    this.#writing = parts.embedder;
    this.#searching = parts.embedder;
    this.#bound = parts.boundFingerprint ?? fingerprintText(parts.embedder.fingerprint);
  }

  /** The one whose vectors are searched: its weights and calibration hold. */
  get embedder(): Embedder {
    return this.#searching;
  }

  /** What new vectors must be of. */
  get fingerprint(): string {
    return this.#bound;
  }

  /** Why the last call failed; null when it worked. */
  get failure(): string | null {
    return this.mismatch?.message ?? this.#failure;
  }

  /** Set while the database holds vectors of another embedder than the configured one. */
  get mismatch(): ChlError | null {
    const configured = fingerprintText(this.#writing.fingerprint);
    if (configured === this.#bound) return null;
    return new ChlError(
      'EMBEDDER_MISMATCH',
      `The database holds vectors of ${this.#bound}, and the configured embedder is ${configured}.`,
      {
        operation: 'embedder.embed',
        hint: 'Run `chl reembed`, or configure the former embedder again. Text search works meanwhile.',
      },
    );
  }

  cacheStatus(): EmbeddingCacheStatus {
    return this.#cache.status();
  }

  /** As the database says: another service may have given it to another embedder. */
  databaseBelongsTo(fingerprint: string): void {
    this.#bound = fingerprint;
  }

  /** The database now belongs to this embedder: new texts go to it. */
  writeWith(embedder: Embedder): void {
    this.#writing = embedder;
    this.#bound = fingerprintText(embedder.fingerprint);
    this.#failure = null;
  }

  /** The index that is searched now belongs to it, too. */
  searchWith(embedder: Embedder): void {
    this.#searching = embedder;
  }

  /**
   * @returns a unit vector, or null for a query without anything the embedder can read
   * @throws UNAVAILABLE, EMBEDDER_MISMATCH; Cancelled, and the embedder's work ends with it
   */
  async query(words: string, asker: Cancellable): Promise<QueryVector | null> {
    if (this.mismatch !== null) throw this.mismatch;
    const embedder = this.#searching;
    const texts = [{ text: { heading: '', body: words }, contentHash: words }];
    const [vector] = await this.#embed(embedder, 'query', texts, this.#parts.options.queryTimeoutMs, asker);
    return vector === null || vector === undefined
      ? null
      : { vector, fingerprint: fingerprintText(embedder.fingerprint) };
  }

  /** In the order of the texts. What could not be embedded comes back without a vector, to be queued. */
  async passages(
    texts: readonly EmbedText[],
    timeoutMs = this.#parts.options.passageTimeoutMs,
  ): Promise<readonly EmbeddingInput[]> {
    const hashed = await Promise.all(
      texts.map(async (text): Promise<HashedText> => ({ text, contentHash: await contentHash(text) })),
    );
    if (this.mismatch !== null) return this.#later(hashed, this.mismatch.message);
    if (this.#parts.options.mode === 'async') return this.#remembered(hashed);
    const fingerprint = this.#bound;
    try {
      const vectors = await this.#embed(this.#writing, 'passage', hashed, timeoutMs);
      return hashed.map(({ contentHash: hash }, row) =>
        embeddingInput(vectors[row] ?? null, fingerprint, hash),
      );
    } catch (error) {
      return this.#later(hashed, toChlError(error).message);
    }
  }

  /** For an entry that has its vector: the database keeps it as long as the text is still the same. */
  async unchanged(text: EmbedText): Promise<EmbeddingInput> {
    return {
      vector: null,
      fingerprint: this.#bound,
      contentHash: await contentHash(text),
      reason: UNCHANGED,
    };
  }

  /** For the background queue. @throws UNAVAILABLE, EMBEDDER_MISMATCH */
  async queued(texts: readonly HashedText[]): Promise<readonly (Float32Array | null)[]> {
    if (this.mismatch !== null) throw this.mismatch;
    return this.#embed(this.#writing, 'passage', texts, this.#parts.options.queueTimeoutMs);
  }

  #later(texts: readonly HashedText[], reason: string): readonly EmbeddingInput[] {
    return texts.map(({ contentHash: hash }) => ({
      vector: null,
      fingerprint: this.#bound,
      contentHash: hash,
      reason,
    }));
  }

  #remembered(texts: readonly HashedText[]): readonly EmbeddingInput[] {
    return texts.map(({ contentHash: hash }) => {
      const vector = this.#cache.get(this.#bound, 'passage', hash) ?? null;
      return embeddingInput(vector, this.#bound, hash, DEFERRED);
    });
  }

  /** Asks for what is not remembered, each text once. */
  async #embed(
    embedder: Embedder,
    role: EmbeddingRole,
    texts: readonly HashedText[],
    timeoutMs: number,
    asker: Cancellable = UNCANCELLED,
  ): Promise<readonly (Float32Array | null)[]> {
    const fingerprint = fingerprintText(embedder.fingerprint);
    const known = new Map<string, Float32Array | null>();
    const missing = new Map<string, EmbedText>();
    for (const { text, contentHash: hash } of texts) {
      if (known.has(hash) || missing.has(hash)) continue;
      const vector = this.#cache.get(fingerprint, role, hash);
      if (vector === undefined) missing.set(hash, text);
      else known.set(hash, vector);
    }
    if (missing.size > 0) {
      const request: EmbedRequest = { texts: [...missing.values()], role };
      const vectors = await this.#call(embedder, request, timeoutMs, asker);
      for (const [row, hash] of [...missing.keys()].entries()) {
        const vector = vectors[row] ?? null;
        known.set(hash, vector);
        // Passages made here are seldom asked for again, and made again sooner than kept.
        if (role === 'query' || !embedder.local) this.#cache.set(fingerprint, role, hash, vector);
      }
    }
    return texts.map(({ contentHash: hash }) => known.get(hash) ?? null);
  }

  async #call(
    embedder: Embedder,
    request: EmbedRequest,
    timeoutMs: number,
    asker: Cancellable,
  ): Promise<readonly (Float32Array | null)[]> {
    const { clock, logger } = this.#parts;
    // A local one is done before anyone could change their mind.
    const gone = embedder.local ? null : asker.signal;
    try {
      const answer = embedder.local
        ? await embedChecked(embedder, request)
        : await withDeadline(clock, timeoutMs, (late) =>
            embedChecked(embedder, {
              ...request,
              signal: gone === null ? late : AbortSignal.any([late, gone]),
            }),
          );
      if (answer === TIMED_OUT)
        throw new ChlError('UNAVAILABLE', `The embedder did not answer within ${timeoutMs} ms.`);
      this.#failure = null;
      return answer;
    } catch (error) {
      // Says nothing about the embedder.
      if (gone?.aborted === true) throw cancelled();
      const failure = unavailable(error);
      this.#failure = failure.message;
      logger.warn({ err: error, texts: request.texts.length, role: request.role }, 'the embedder failed');
      throw failure;
    }
  }
}

const embeddingInput = (
  vector: Float32Array | null,
  fingerprint: string,
  hash: string,
  reason = NOTHING_TO_EMBED,
): EmbeddingInput =>
  vector === null
    ? { vector, fingerprint, contentHash: hash, reason }
    : { vector, fingerprint, contentHash: hash };

/** Whatever an embedder throws, it is away as far as its callers are concerned. */
function unavailable(error: unknown): ChlError {
  if (error instanceof ChlError && error.code === 'UNAVAILABLE') return error;
  return new ChlError('UNAVAILABLE', 'The embedder failed.', { operation: 'embedder.embed', cause: error });
}
