import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { ChlError } from '../../../src/core/errors.ts';
import type {
  DuplicateCalibration,
  Embedder,
  EmbedRequest,
  Fingerprint,
  FusionWeights,
} from '../../../src/core/ports/embedder.ts';
import { modelInput, modelTraits, SEMANTIC_WEIGHTS, type ModelTraits } from '../models/model-table.ts';
import { LocalModel } from './local-model.ts';
import { ModelProcess } from './model-process.ts';
import type { TransformersEmbedderOptions } from './options.ts';
import type { ModelRunner, ModelSpec } from './protocol.ts';

/** Small, quick on a CPU, Apache-2.0: 384 dimensions, 90 MB. */
export const DEFAULT_MODEL = 'Xenova/all-MiniLM-L6-v2';

const HUB_URL = 'https://huggingface.co/';

/** Pooling, truncation and prefixes are done here: a change of how makes other vectors, and a new number. */
const METHOD = 1;

/** Texts sent to the model at once: a query never waits behind more than the batch that runs. */
const TEXTS_PER_CALL = 64;

/**
 * A sentence-transformers model in ONNX, run by @huggingface/transformers in a process of its own.
 * Answers once the model is loaded: a second or two from the disk, a download the first time.
 *
 * @throws CONFIGURATION when the package or the model is not there, or has another dimension;
 *   UNAVAILABLE when the hub does not answer; CORRUPT when the files are no model
 */
export async function openTransformersEmbedder(options: TransformersEmbedderOptions): Promise<Embedder> {
  const { model: name = DEFAULT_MODEL, processEntry, logger } = options;
  const onDownload = options.onDownload ?? (() => undefined);
  // Of a folder only its own name counts, not the ones above it.
  const traits = modelTraits(basename(name));
  const spec: ModelSpec = {
    model: name,
    cacheFolder: resolve(options.cacheFolder),
    offline: options.offline ?? false,
    hubUrl: options.hubUrl ?? HUB_URL,
    revision: options.revision ?? 'main',
    precision: options.precision ?? 'fp32',
    threads: options.threads ?? 1,
    pooling: traits.pooling,
    tokensMax: traits.tokensMax,
  };
  const runner =
    processEntry === null
      ? await LocalModel.load(spec, onDownload)
      : await ModelProcess.start({ entry: processEntry, spec, onDownload, logger });
  try {
    checkDimension(name, runner.facts.dimension, options.dimension ?? null);
    return new TransformersEmbedder(runner, spec, traits);
  } catch (error) {
    await runner.close();
    throw error;
  }
}

class TransformersEmbedder implements Embedder {
  readonly fingerprint: Fingerprint;
  readonly weights: FusionWeights = SEMANTIC_WEIGHTS;
  readonly calibration: DuplicateCalibration;
  readonly description: string;
  /** No network, but seconds of computing: callers wait with a deadline. */
  readonly local = false;
  readonly callsAtOnce = 1;
  readonly #runner: ModelRunner;
  readonly #traits: ModelTraits;

  constructor(runner: ModelRunner, spec: ModelSpec, traits: ModelTraits) {
    const { dimension, tokensMax } = runner.facts;
    const name = basename(spec.model);
    this.#runner = runner;
    this.#traits = traits;
    this.calibration = traits.calibration;
    this.fingerprint = {
      name: `transformers:${name}`,
      revision: revisionOf(runner, spec, traits),
      dimension,
      normalised: true,
    };
    this.description = `${name} in ONNX (${spec.precision}), ${dimension} dimensions, up to ${tokensMax} tokens, ${traits.pooling} pooling, semantic, offline.`;
  }

  async embed({ texts, role, signal }: EmbedRequest): Promise<Float32Array> {
    const { dimension } = this.fingerprint;
    const inputs = texts.map((text) => modelInput(this.#traits, text, role));
    const vectors = new Float32Array(inputs.length * dimension);
    for (let start = 0; start < inputs.length; start += TEXTS_PER_CALL) {
      const some = inputs.slice(start, start + TEXTS_PER_CALL);
      vectors.set(await this.#runner.embed(some, role === 'query', signal), start * dimension);
    }
    return vectors;
  }

  async close(): Promise<void> {
    await this.#runner.close();
  }
}

/** Everything that vectors depend on: the same files in a folder, the cache or an image are the same model. */
function revisionOf(runner: ModelRunner, spec: ModelSpec, traits: ModelTraits): string {
  const { digest, tokensMax } = runner.facts;
  const { queryPrefix, passagePrefix, pooling } = traits;
  const parts = [METHOD, digest, spec.precision, pooling, tokensMax, queryPrefix, passagePrefix];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}

function checkDimension(name: string, actual: number, configured: number | null): void {
  if (configured === null || configured === actual) return;
  throw new ChlError(
    'CONFIGURATION',
    `The model ${name} has ${actual} dimensions, and ${configured} are configured.`,
    { operation: 'embedder.open', hint: 'Leave CHL_EMBEDDING_DIMENSION out, or choose another model.' },
  );
}
