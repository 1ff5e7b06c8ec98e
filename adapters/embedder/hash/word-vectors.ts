import { stem } from '../../../src/core/text/stem.ts';
import { isStopWord } from '../../../src/core/text/stop-words.ts';
import { isCommonStem } from './common-words.ts';
import { addFeature, hashText } from './hashing.ts';
import type { HashParameters } from './parameters.ts';

/** A word as a sparse vector: its stem and its character n-grams, hashed. */
export interface WordVector {
  /** Of the stem; pairs of words are hashed from it. */
  readonly hash: number;
  readonly isStopWord: boolean;
  /** Where the vector is not zero, and what stands there. */
  readonly places: Uint16Array;
  readonly values: Float64Array;
}

/** Lengths of the character n-grams: short enough to survive a slip, long enough to mean something. */
const GRAM_LENGTHS = [3, 4] as const;
/** About 10 MB; natural text has fewer distinct words. */
const CACHE_SIZE_MAX = 20_000;

/** Makes and remembers the vectors of words. The memory changes the speed, never the result. */
export class WordVectors {
  readonly #parameters: HashParameters;
  readonly #cache = new Map<string, WordVector>();
  /** All zeros between words. */
  readonly #scratch: Float64Array;

  constructor(parameters: HashParameters) {
    this.#parameters = parameters;
    this.#scratch = new Float64Array(parameters.dimension);
  }

  of(word: string): WordVector {
    let vector = this.#cache.get(word);
    if (vector === undefined) {
      vector = this.#make(word);
      if (this.#cache.size === CACHE_SIZE_MAX) this.#cache.clear();
      this.#cache.set(word, vector);
    }
    return vector;
  }

  #make(word: string): WordVector {
    const stemmed = stem(word);
    const hash = hashText(stemmed);
    const isStop = isStopWord(word);
    const weight = this.#weight(stemmed, isStop);
    addFeature(this.#scratch, hash, weight);
    if (!isStop) {
      const grams = characterGrams(word);
      const gramWeight = (weight * this.#parameters.gramWeight) / Math.sqrt(grams.length);
      // The mark in front keeps the 3-gram "get" apart from the word.
      for (const gram of grams) addFeature(this.#scratch, hashText(`#${gram}`), gramWeight);
    }
    return { hash, isStopWord: isStop, ...this.#takeSparse() };
  }

  #weight(stemmed: string, isStop: boolean): number {
    if (isStop) return this.#parameters.stopWordWeight;
    return isCommonStem(stemmed) ? this.#parameters.commonWordWeight : 1;
  }

  #takeSparse(): Pick<WordVector, 'places' | 'values'> {
    const places: number[] = [];
    for (let place = 0; place < this.#scratch.length; place += 1) {
      if (this.#scratch[place] !== 0) places.push(place);
    }
    const values = Float64Array.from(places, (place) => this.#scratch[place]!);
    this.#scratch.fill(0);
    return { places: Uint16Array.from(places), values };
  }
}

/** "zip" → ["^zi", "zip", "ip$", "^zip", "zip$"]: the ends of a word are told from its middle. */
function characterGrams(word: string): readonly string[] {
  const marked = `^${word}$`;
  const grams: string[] = [];
  for (const length of GRAM_LENGTHS) {
    for (let start = 0; start + length <= marked.length; start += 1)
      grams.push(marked.slice(start, start + length));
  }
  return grams;
}
