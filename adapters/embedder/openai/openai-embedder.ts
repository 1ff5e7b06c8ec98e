import type { IPolicy } from 'cockatiel';
import { ChlError } from '../../../src/core/errors.ts';
import type {
  DuplicateCalibration,
  Embedder,
  EmbedRequest,
  Fingerprint,
  FusionWeights,
} from '../../../src/core/ports/embedder.ts';
import { modelInput, modelTraits, SEMANTIC_WEIGHTS, type ModelTraits } from '../models/model-table.ts';
import { parseDimension, parseEmbeddings } from './parse-embeddings.ts';
import { readBounded } from './read-bounded.ts';
import { resilience, RetryableCall, unavailable, type ResilienceOptions } from './resilience.ts';

export interface OpenAiEmbedderOptions {
  /** Up to and including `/v1`, or the whole path of the embeddings route. Set by the operator only. */
  readonly url: string;
  readonly model: string;
  readonly apiKey: string | null;
  /** Null asks the endpoint once, at the start. */
  readonly dimension: number | null;
  readonly batchTexts?: number;
  readonly timeoutMs?: number;
  readonly resilience?: Partial<ResilienceOptions>;
}

const DEFAULTS: ResilienceOptions = {
  attempts: 4,
  concurrency: 4,
  queueMax: 1024,
  failuresMax: 8,
  openMs: 5_000,
  backoffMs: 200,
  backoffMaxMs: 10_000,
};
const BATCH_TEXTS = 32;
const TIMEOUT_MS = 30_000;
/** A number in JSON takes at most about 25 bytes; beyond twice that the answer is not what was asked for. */
const BYTES_PER_NUMBER_MAX = 50;
const PROBE_ANSWER_BYTES_MAX = 1_048_576;

/**
 * Any OpenAI-compatible `/v1/embeddings`: Ollama, TEI, vLLM, llama.cpp's server, OpenAI.
 *
 * @throws UNAVAILABLE when the dimension is not configured and the endpoint does not answer
 */
export async function openOpenAiEmbedder(options: OpenAiEmbedderOptions): Promise<Embedder> {
  const endpoint = new Endpoint(options);
  const dimension = options.dimension ?? (await endpoint.dimension());
  return new OpenAiEmbedder(endpoint, options, dimension);
}

class OpenAiEmbedder implements Embedder {
  readonly fingerprint: Fingerprint;
  readonly weights: FusionWeights = SEMANTIC_WEIGHTS;
  readonly calibration: DuplicateCalibration;
  readonly description: string;
  readonly local = false;
  readonly callsAtOnce: number;
  readonly #endpoint: Endpoint;
  readonly #traits: ModelTraits;
  readonly #batchTexts: number;

  constructor(endpoint: Endpoint, options: OpenAiEmbedderOptions, dimension: number) {
    this.#endpoint = endpoint;
    this.#traits = modelTraits(options.model);
    this.#batchTexts = options.batchTexts ?? BATCH_TEXTS;
    this.callsAtOnce = options.resilience?.concurrency ?? DEFAULTS.concurrency;
    this.calibration = this.#traits.calibration;
    // Not the host: the same model served elsewhere makes the same vectors.
    this.fingerprint = { name: `openai:${options.model}`, revision: '1', dimension, normalised: true };
    this.description = `${options.model} over ${new URL(options.url).origin}, ${dimension} dimensions, semantic.`;
  }

  async embed(request: EmbedRequest): Promise<Float32Array> {
    const { dimension } = this.fingerprint;
    const inputs = request.texts.map((text) => modelInput(this.#traits, text, request.role));
    const vectors = new Float32Array(inputs.length * dimension);
    const batches: Promise<void>[] = [];
    for (let start = 0; start < inputs.length; start += this.#batchTexts) {
      const batch = inputs.slice(start, start + this.#batchTexts);
      batches.push(
        this.#endpoint
          .embed(batch, dimension, request.signal)
          .then((rows) => vectors.set(rows, start * dimension)),
      );
    }
    await Promise.all(batches);
    return vectors;
  }

  async close(): Promise<void> {
    // Calls end with their signals; nothing else is held.
  }
}

/** How vectors come: base64 takes a third of the bytes of numbers, and a tenth of the time to read. */
type Encoding = 'base64' | 'float';
/** What endpoints say that know no other encoding than numbers, and of much else. */
const MAY_MEAN_THE_ENCODING: readonly number[] = [400, 422];

/** One URL, one key, and the policies around every call to it. */
class Endpoint {
  readonly #url: URL;
  readonly #options: OpenAiEmbedderOptions;
  readonly #policy: IPolicy;
  #encoding: Encoding = 'base64';

  constructor(options: OpenAiEmbedderOptions) {
    this.#options = options;
    this.#url = embeddingsUrl(options.url);
    this.#policy = resilience({ ...DEFAULTS, ...options.resilience });
  }

  async embed(inputs: readonly string[], dimension: number, signal?: AbortSignal): Promise<Float32Array> {
    const bytesMax = PROBE_ANSWER_BYTES_MAX + inputs.length * dimension * BYTES_PER_NUMBER_MAX;
    return this.#call(signal, async (bounded) =>
      parseEmbeddings(await this.#post(inputs, bytesMax, bounded), inputs.length, dimension),
    );
  }

  async dimension(): Promise<number> {
    return this.#call(undefined, async (bounded) =>
      parseDimension(await this.#post(['dimension'], PROBE_ANSWER_BYTES_MAX, bounded)),
    );
  }

  async #call<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await this.#policy.execute(() => this.#bounded(signal, work), signal);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** A timer of its own: Node 20 may collect an AbortSignal.timeout inside AbortSignal.any before it fires. */
  async #bounded<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const timer = setTimeout(abort, this.#options.timeoutMs ?? TIMEOUT_MS);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await work(controller.signal);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  async #post(inputs: readonly string[], bytesMax: number, signal: AbortSignal): Promise<string> {
    try {
      const response = await this.#answer(inputs, signal);
      if (response.ok) return await readBounded(response, bytesMax);
      await response.body?.cancel();
      throw refused(response);
    } catch (error) {
      if (error instanceof ChlError || error instanceof RetryableCall) throw error;
      throw new RetryableCall('The embedding endpoint could not be reached, or broke off.', null, error);
    }
  }

  /** An endpoint that refuses base64 is asked for numbers, and from then on for nothing else. */
  async #answer(inputs: readonly string[], signal: AbortSignal): Promise<Response> {
    const encoding = this.#encoding;
    const response = await this.#send(inputs, encoding, signal);
    if (encoding === 'float' || !MAY_MEAN_THE_ENCODING.includes(response.status)) return response;
    await response.body?.cancel();
    const second = await this.#send(inputs, 'float', signal);
    if (second.ok) this.#encoding = 'float';
    return second;
  }

  #send(inputs: readonly string[], encoding: Encoding, signal: AbortSignal): Promise<Response> {
    const { apiKey, model } = this.#options;
    return fetch(this.#url, {
      method: 'POST',
      // A redirect could carry the key and the texts to somebody the operator never named.
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({ model, input: inputs, encoding_format: encoding }),
      signal,
    });
  }
}

function refused(response: Response): Error {
  const { status } = response;
  if (status === 429 || status >= 500) {
    return new RetryableCall(
      `The embedding endpoint answered ${status}.`,
      retryAfterMs(response.headers.get('retry-after')),
    );
  }
  return new ChlError('UNAVAILABLE', `The embedding endpoint refused the request with ${status}.`, {
    operation: 'embedder.openai',
    hint: 'Check CHL_EMBEDDING_URL, CHL_EMBEDDING_MODEL and CHL_EMBEDDING_API_KEY.',
    retryable: false,
  });
}

/** RFC 9110, 10.2.3: seconds or a date. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isFinite(at) ? Math.max(0, at - Date.now()) : null;
}

function embeddingsUrl(raw: string): URL {
  const url = new URL(raw);
  if (!url.pathname.endsWith('/embeddings')) url.pathname = `${url.pathname.replace(/\/$/, '')}/embeddings`;
  return url;
}
