import type { DocNo } from '../ids.ts';
import type { FusionWeights } from '../ports/embedder.ts';
import type { TextHits } from '../ports/text-index.ts';
import { ScoreKeys } from './score-keys.ts';

/**
 * How deep each list goes before it is fused. Fixed, so that page 2 never reorders page 1. Twice as deep
 * changes no figure of `npm run bench:quality`, and costs a graph search 1.7 times the time.
 */
export const FUSION_DEPTH = 50;

/** The vector side: best first, every document once. */
export interface VectorHits {
  readonly docs: Uint32Array;
  /** Inner products of unit vectors: cosines, -1 to 1. */
  readonly cosines: Float32Array;
}

export interface FusionInput {
  /** At most FUSION_DEPTH each, or more: both lists are used as they are given. */
  readonly vector: VectorHits;
  readonly text: TextHits;
  readonly weights: FusionWeights;
  /**
   * The exact cosines of documents that only the text list has; NaN of one without a vector. Without them
   * such documents would be charged for the depth of the other list.
   */
  readonly cosinesOf: (docs: Uint32Array) => Float32Array;
  /** No document that the vector list does not have is nearer than this. 1: nothing is known. */
  readonly cosineMax?: number;
  /** How many of the first are wanted; the order of the rest does not matter. All when left out. */
  readonly wanted?: number;
  /** Order among equal scores; negative when `a` comes first. The engine's: vector id, then key. */
  readonly compareTies: (a: DocNo, b: DocNo) => number;
}

/** Parallel arrays, best first. */
export interface RankedHits {
  readonly docs: Uint32Array;
  /** What they are ranked by, 0–1. */
  readonly scores: Float32Array;
  /** Cosine; NaN where the document has no vector or was not looked at by vector. */
  readonly vectorScores: Float32Array;
  /** 0–1; NaN where the document was not among the text hits. */
  readonly textScores: Float32Array;
}

/**
 * Mode `hybrid`: the union of both lists. Cosines are worked out, all at once, where with the best that it can
 * be a document could get among the wanted (page of ten): next to scans, which say how near it can be at most, for one
 * of those that only the text has found (median), next to graphs, which do not, for 23 of 25 (mean).
 */
export function fuse(input: FusionInput): RankedHits {
  const { vector, text, weights, cosinesOf, cosineMax = 1, wanted = Infinity, compareTies } = input;
  const weightSum = weights.vector + weights.text;
  const scoreOf = (cosine: number, textScore: number): number =>
    Math.fround((weights.vector * clampToUnit(cosine) + weights.text * clampToUnit(textScore)) / weightSum);
  const candidates = new Candidates(vector.docs.length + text.docs.length);
  for (let index = 0; index < vector.docs.length; index += 1) {
    candidates.add(vector.docs[index]!, vector.cosines[index]!, Number.NaN);
  }
  placesInVectorList.note(vector.docs);
  for (let index = 0; index < text.docs.length; index += 1) {
    const place = placesInVectorList.find(text.docs[index]!);
    if (place !== undefined) candidates.textScores[place] = normalisedTextScore(text, index);
  }
  const least = candidates.scoreAt(wanted, scoreOf);
  const outsiders = new Uint32Array(text.docs.length);
  let count = 0;
  for (let index = 0; index < text.docs.length; index += 1) {
    const doc = text.docs[index]!;
    if (placesInVectorList.find(doc) !== undefined) continue;
    const textScore = normalisedTextScore(text, index);
    const canGetThere = scoreOf(cosineMax, textScore) >= least;
    const place = candidates.add(doc, Number.NaN, textScore);
    if (canGetThere) outsiders[count++] = place;
  }
  candidates.setCosines(outsiders.subarray(0, count), cosinesOf);
  return candidates.ranked(scoreOf, compareTies);
}

/**
 * Mode `vector`: the score is the cosine, clamped to 0–1. The hits are in order already, by the exact
 * cosine also where the score, which has no sign, is 0.
 */
export function rankByVector({ docs, cosines }: VectorHits): RankedHits {
  return {
    docs,
    scores: cosines.map(clampToUnit),
    vectorScores: cosines,
    textScores: new Float32Array(docs.length).fill(Number.NaN),
  };
}

/**
 * Mode `text`: the score is the share of the best score that the query could reach. The hits are in
 * order already, but for the rule among equals.
 */
export function rankByText(text: TextHits, compareTies: FusionInput['compareTies']): RankedHits {
  const docs = text.docs.slice();
  const scores = new Float32Array(docs.length);
  for (let rank = 0; rank < docs.length; rank += 1) scores[rank] = normalisedTextScore(text, rank);
  orderTies(docs, scores, (a, b) => compareTies(a as DocNo, b as DocNo));
  return {
    docs,
    scores,
    vectorScores: new Float32Array(docs.length).fill(Number.NaN),
    textScores: scores,
  };
}

function normalisedTextScore(text: TextHits, index: number): number {
  return text.scoreMax > 0 ? clampToUnit(text.scores[index]! / text.scoreMax) : 0;
}

/** NaN (not known) counts as 0. */
function clampToUnit(value: number): number {
  return value > 0 ? Math.min(value, 1) : 0;
}

/** Puts each run of equal scores in the order of the rule. */
function orderTies(
  numbers: Uint32Array,
  scores: Float32Array,
  compare: (a: number, b: number) => number,
): void {
  for (let from = 0; from < numbers.length;) {
    let to = from + 1;
    while (to < numbers.length && scores[to] === scores[from]) to += 1;
    if (to - from > 1) numbers.subarray(from, to).sort(compare);
    from = to;
  }
}

/** What is ranked, column by column: no object for each of two hundred. */
class Candidates {
  readonly textScores: Float64Array;
  readonly #docs: Uint32Array;
  readonly #cosines: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.textScores = new Float64Array(capacity);
    this.#docs = new Uint32Array(capacity);
    this.#cosines = new Float64Array(capacity);
  }

  /** @returns its place */
  add(doc: number, cosine: number, textScore: number): number {
    this.textScores[this.#count] = textScore;
    this.#docs[this.#count] = doc;
    this.#cosines[this.#count] = cosine;
    return this.#count++;
  }

  setCosines(places: Uint32Array, cosinesOf: FusionInput['cosinesOf']): void {
    if (places.length === 0) return;
    const cosines = cosinesOf(places.map((place) => this.#docs[place]!));
    for (let at = 0; at < places.length; at += 1) this.#cosines[places[at]!] = cosines[at]!;
  }

  /** The score of the `count`th best so far; -Infinity while there are fewer. */
  scoreAt(count: number, scoreOf: (cosine: number, textScore: number) => number): number {
    if (count > this.#count) return -Infinity;
    const scores = new Float32Array(this.#count);
    for (let place = 0; place < this.#count; place += 1) {
      scores[place] = scoreOf(this.#cosines[place]!, this.textScores[place]!);
    }
    return scores.toSorted()[this.#count - count]!;
  }

  ranked(
    scoreOf: (cosine: number, textScore: number) => number,
    compareTies: FusionInput['compareTies'],
  ): RankedHits {
    const docs = this.#docs;
    const count = this.#count;
    keys.start(count);
    for (let place = 0; place < count; place += 1) {
      keys.push(scoreOf(this.#cosines[place]!, this.textScores[place]!), place);
    }
    keys.sort();
    const order = new Uint32Array(count);
    const scores = new Float32Array(count);
    for (let rank = 0; rank < count; rank += 1) {
      order[rank] = keys.numberAt(rank);
      scores[rank] = keys.scoreAt(rank);
    }
    orderTies(order, scores, (a, b) => compareTies(docs[a] as DocNo, docs[b] as DocNo));
    return this.#inOrder(order, scores);
  }

  #inOrder(order: Uint32Array, scores: Float32Array): RankedHits {
    const docs = new Uint32Array(order.length);
    const vectorScores = new Float32Array(order.length);
    const textScores = new Float32Array(order.length);
    for (let rank = 0; rank < order.length; rank += 1) {
      const place = order[rank]!;
      docs[rank] = this.#docs[place]!;
      vectorScores[rank] = this.#cosines[place]!;
      textScores[rank] = this.textScores[place]!;
    }
    return { docs, scores, vectorScores, textScores };
  }
}

/**
 * The place of a document in a list: 4 bytes a slot, and no map for each search. Nothing is cleared: a place
 * counts only if the list has the document there (a sparse set, after Briggs & Torczon, "An Efficient
 * Representation for Sparse Sets", 1993).
 */
class Places {
  #places = new Uint32Array(1024);
  #list: Uint32Array = new Uint32Array(0);

  note(list: Uint32Array): void {
    this.#list = list;
    for (let place = 0; place < list.length; place += 1) {
      const doc = list[place]!;
      if (doc >= this.#places.length) this.#grow(doc + 1);
      this.#places[doc] = place;
    }
  }

  find(doc: number): number | undefined {
    const place = this.#places[doc] ?? this.#list.length;
    return this.#list[place] === doc ? place : undefined;
  }

  #grow(length: number): void {
    const before = this.#places;
    this.#places = new Uint32Array(Math.max(length, before.length * 2));
    this.#places.set(before);
  }
}

/** One of each for a thread: a search runs to its end before the next one begins. */
const placesInVectorList = new Places();
const keys = new ScoreKeys();
