import type {
  DuplicateCalibration,
  Embedder,
  EmbedRequest,
  EmbedText,
  Fingerprint,
  FusionWeights,
} from '../../../src/core/ports/embedder.ts';
import { stem } from '../../../src/core/text/stem.ts';
import { tokenise } from '../../../src/core/text/tokenise.ts';
import { addFeature, hashPair, hashText } from './hashing.ts';
import { DEFAULT_PARAMETERS, type HashParameters } from './parameters.ts';
import { WordVectors } from './word-vectors.ts';

/** BM25 leads: it knows how rare a word is. More weight than this lowered recall on held-out queries. */
const WEIGHTS: FusionWeights = { vector: 1, text: 5 };

/** The rest of a longer field does not count: it would only blur the vector, and embedding runs on the path of a write. */
const FIELD_LENGTH_MAX = 50_000;

/**
 * Between two slices of a batch the thread answers whoever else asks. 32 short texts take about 3 ms, and
 * 20 to 35 before V8 has compiled the loops, so the clock ends a slice as well.
 */
const TEXTS_AT_ONCE = 32;
const SLICE_MS = 8;

/**
 * Measured on 1,998 real entries. With every fifth word replaced or dropped, nine of ten copies lie
 * above 0.82; of two halves of one page, half lie above 0.56; of random pairs, one in a thousand lies
 * above 0.40; the nearest other entry lies above 0.80 for one in forty, most of them true variants.
 */
const CALIBRATION: DuplicateCalibration = { similarCosine: 0.55, duplicateCosine: 0.8 };

/**
 * Text to vectors without a model, a network or state: words, their character n-grams and pairs of
 * neighbouring words, hashed into a fixed number of dimensions with sublinear weights, at unit length.
 *
 * It is lexical: it sees that "encrypted" and "encryptoin" look like "encryption", not that "cipher"
 * means it. That is what it adds to BM25, which leads in hybrid search (see `weights`). The same text
 * gives the same vector on every runtime, as long as their Unicode tables agree on its characters.
 */
export class HashEmbedder implements Embedder {
  readonly fingerprint: Fingerprint;
  readonly weights = WEIGHTS;
  readonly calibration = CALIBRATION;
  readonly description: string;
  readonly local = true;
  readonly callsAtOnce = 1;
  readonly #parameters: HashParameters;
  readonly #words: WordVectors;

  constructor(parameters: Partial<HashParameters> = {}) {
    this.#parameters = { ...DEFAULT_PARAMETERS, ...parameters };
    this.#words = new WordVectors(this.#parameters);
    const { dimension } = this.#parameters;
    this.fingerprint = { name: 'hash', revision: '1', dimension, normalised: true };
    this.description = `Built-in lexical embedder: hashed words and character n-grams, ${dimension} dimensions, offline, no semantics.`;
  }

  async embed(request: EmbedRequest): Promise<Float32Array> {
    const { dimension } = this.#parameters;
    const vectors = new Float32Array(request.texts.length * dimension);
    let inSlice = 0;
    let endsAtMs = performance.now() + SLICE_MS;
    for (const [row, text] of request.texts.entries()) {
      if (inSlice > 0 && (inSlice === TEXTS_AT_ONCE || performance.now() >= endsAtMs)) {
        await new Promise((resolve) => setTimeout(resolve));
        inSlice = 0;
        endsAtMs = performance.now() + SLICE_MS;
      }
      inSlice += 1;
      request.signal?.throwIfAborted();
      vectors.set(this.#embedText(text), row * dimension);
    }
    return vectors;
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }

  #embedText(text: EmbedText): Float32Array {
    const counts = new FeatureCounts();
    this.#count(text.heading, this.#parameters.headingWeight, counts);
    this.#count(text.body, this.#parameters.bodyWeight, counts);
    return unitLength(this.#sum(counts));
  }

  #count(field: string, fieldWeight: number, counts: FeatureCounts): void {
    let previous: number | null = null;
    tokenise(field.slice(0, FIELD_LENGTH_MAX), (token, kind) => {
      if (kind === 'character') return;
      if (kind === 'whole' || kind === 'flag') {
        increase(counts.wholes, hashText(stem(token)), fieldWeight);
        return;
      }
      increase(counts.words, token, fieldWeight);
      const word = this.#words.of(token);
      if (word.isStopWord) return;
      if (previous !== null) increase(counts.pairs, hashPair(previous, word.hash), fieldWeight);
      previous = word.hash;
    });
  }

  /** Weights grow with the square root of the count: the tenth occurrence says little. */
  #sum(counts: FeatureCounts): Float64Array {
    const { dimension, wholeWeight, pairWeight } = this.#parameters;
    const sum = new Float64Array(dimension);
    for (const [word, count] of counts.words) {
      const { places, values } = this.#words.of(word);
      const scale = Math.sqrt(count);
      for (let index = 0; index < places.length; index += 1) sum[places[index]!]! += scale * values[index]!;
    }
    for (const [hash, count] of counts.wholes) addFeature(sum, hash, wholeWeight * Math.sqrt(count));
    for (const [hash, count] of counts.pairs) addFeature(sum, hash, pairWeight * Math.sqrt(count));
    return sum;
  }
}

/** Weighted occurrences; wholes and pairs by their hash. */
class FeatureCounts {
  readonly words = new Map<string, number>();
  readonly wholes = new Map<number, number>();
  readonly pairs = new Map<number, number>();
}

function increase<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** A text without a single word ("???") stays zero: it points nowhere. */
function unitLength(sum: Float64Array): Float32Array {
  const unit = new Float32Array(sum.length);
  let squares = 0;
  for (let place = 0; place < sum.length; place += 1) squares += sum[place]! * sum[place]!;
  if (squares === 0) return unit;
  const scale = 1 / Math.sqrt(squares);
  for (let place = 0; place < sum.length; place += 1) unit[place] = sum[place]! * scale;
  return unit;
}
