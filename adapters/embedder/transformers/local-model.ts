import { Mutex } from 'async-mutex';
import type { PreTrainedTokenizer, Tensor } from '@huggingface/transformers';
import { ChlError } from '../../../src/core/errors.ts';
import { loadModel, type LoadedModel } from './load-model.ts';
import type { DownloadProgress } from './options.ts';
import { poolRow, type HiddenStates } from './pooling.ts';
import type { ModelFacts, ModelRunner, ModelSpec } from './protocol.ts';
import { suffixLengthOf, tokenBatches, truncate, type TokenisedText } from './token-batches.ts';

/** Of `async-mutex`: what is urgent is run before what is not. */
const URGENT = 1;
const PATIENT = 0;

/** A model in this process. An inference blocks its event loop; memory is bounded by the batch. */
export class LocalModel implements ModelRunner {
  readonly facts: ModelFacts;
  readonly #spec: ModelSpec;
  readonly #loaded: LoadedModel;
  readonly #suffixLength: number;
  readonly #oneAtATime = new Mutex();

  /** @throws as `loadModel`, and CONFIGURATION when the model answers something else than states of tokens */
  static async load(
    spec: ModelSpec,
    onDownload: (progress: DownloadProgress) => void = () => undefined,
  ): Promise<LocalModel> {
    const loaded = await loadModel(spec, onDownload);
    const tokensMax = Math.min(spec.tokensMax, ownTokensMax(loaded));
    const probe = await runModel(loaded, [{ row: 0, ids: loaded.tokenizer.encode('probe') }]);
    return new LocalModel(spec, loaded, { dimension: probe.dimension, tokensMax, digest: loaded.digest });
  }

  private constructor(spec: ModelSpec, loaded: LoadedModel, facts: ModelFacts) {
    this.#spec = spec;
    this.#loaded = loaded;
    this.facts = facts;
    this.#suffixLength = suffixLengthOf((text) => loaded.tokenizer.encode(text));
  }

  async embed(inputs: readonly string[], urgent: boolean, signal?: AbortSignal): Promise<Float32Array> {
    const { dimension } = this.facts;
    const vectors = new Float32Array(inputs.length * dimension);
    for (const batch of tokenBatches(inputs.map((input, row) => this.#tokenise(input, row)))) {
      await this.#oneAtATime.runExclusive(
        async () => {
          signal?.throwIfAborted();
          const states = await runModel(this.#loaded, batch);
          for (const [place, { row, ids }] of batch.entries()) {
            const into = vectors.subarray(row * dimension, (row + 1) * dimension);
            poolRow(states, place, ids.length, this.#spec.pooling, into);
          }
        },
        urgent ? URGENT : PATIENT,
      );
    }
    return vectors;
  }

  /** Frees the weights. */
  async close(): Promise<void> {
    await this.#oneAtATime.runExclusive(() => this.#loaded.model.dispose());
  }

  #tokenise(input: string, row: number): TokenisedText {
    const ids = this.#loaded.tokenizer.encode(input);
    return { row, ids: truncate(ids, this.facts.tokensMax, this.#suffixLength) };
  }
}

/** What tokenizer and configuration say a model can read; tokenizers say 1e30 for "no bound". */
function ownTokensMax({ tokenizer, model }: LoadedModel): number {
  const { max_position_embeddings: positions } = model.config as {
    readonly max_position_embeddings?: number;
  };
  const { model_max_length: tokens } = tokenizer as { readonly model_max_length: number };
  return Math.min(tokens, positions ?? Infinity);
}

/** One inference. @throws CONFIGURATION when its answer has another form */
async function runModel(loaded: LoadedModel, batch: readonly TokenisedText[]): Promise<HiddenStates> {
  const { library, tokenizer, model } = loaded;
  const longest = Math.max(...batch.map(({ ids }) => ids.length));
  const dims = [batch.length, longest];
  const ids = new BigInt64Array(batch.length * longest).fill(BigInt(padding(tokenizer)));
  const mask = new BigInt64Array(batch.length * longest);
  for (const [place, text] of batch.entries()) {
    const start = place * longest;
    for (const [index, id] of text.ids.entries()) ids[start + index] = BigInt(id);
    mask.fill(1n, start, start + text.ids.length);
  }
  const inputs = {
    input_ids: new library.Tensor('int64', ids, dims),
    attention_mask: new library.Tensor('int64', mask, dims),
  };
  const outputs = (await model(inputs)) as Readonly<Record<string, Tensor | undefined>>;
  const states = outputs['last_hidden_state'] ?? outputs['token_embeddings'];
  if (!(states?.data instanceof Float32Array) || states.dims.length !== 3) {
    const given = Object.entries(outputs).map(([name, output]) => `${name} (${output?.type ?? 'nothing'})`);
    throw new ChlError('CONFIGURATION', `The model answers ${given.join(', ')}, not the states of tokens.`, {
      operation: 'embedder.open',
      hint: 'It must be exported to ONNX for feature extraction, with last_hidden_state as float32.',
    });
  }
  return { data: states.data, longest, dimension: states.dims[2]! };
}

const padding = (tokenizer: PreTrainedTokenizer): number => tokenizer.pad_token_id ?? 0;
