import { grown } from './posting-lists.ts';
import { FIELD_BREAK } from './document-terms.ts';
import type { TermNo } from './vocabulary.ts';

/** Two words that stand side by side in the query. */
export interface TermPair {
  readonly first: TermNo;
  readonly second: TermNo;
  /** What a document gains that has them side by side too. */
  readonly boost: number;
}

/** Words farther apart than this are not a phrase. */
const DISTANCE_MAX = 3;
/** Only so many terms from the start are read: a book among the candidates must not slow every query. */
const SEQUENCE_LENGTH_MAX = 4_096;

/**
 * How far documents have the query's neighbours as neighbours, in the same order: each pair adds its
 * boost divided by the distance of its closest occurrence. After Rasolofo & Savoy, "Term Proximity
 * Scoring for Keyword-Based Retrieval Systems", ECIR 2003. One pass over a document: of an occurrence
 * only the query word right before it is looked at.
 */
export class ProximityScorer {
  /** 1 for the terms of the query and for FIELD_BREAK; one per term. */
  #isOfInterest = new Uint8Array(256);
  #boosts = new Map<number, number>();
  readonly #closeness = new Map<number, number>();

  get memoryBytes(): number {
    return this.#isOfInterest.byteLength;
  }

  /** Calls `score` with a function that scores documents by these pairs. */
  withPairs(pairs: readonly TermPair[], score: (proximity: (sequence: Uint32Array) => number) => void): void {
    const terms = [FIELD_BREAK, ...pairs.flatMap(({ first, second }) => [first, second])];
    const termMax = terms.reduce((a, b) => Math.max(a, b));
    if (termMax >= this.#isOfInterest.length) this.#isOfInterest = grown(this.#isOfInterest, termMax + 1);
    for (const term of terms) this.#isOfInterest[term] = 1;
    this.#boosts = new Map(pairs.map(({ first, second, boost }) => [pairKey(first, second), boost]));
    score((sequence) => this.#score(sequence));
    for (const term of terms) this.#isOfInterest[term] = 0;
  }

  #score(sequence: Uint32Array): number {
    this.#closeness.clear();
    let previous: TermNo = FIELD_BREAK;
    let previousAt = 0;
    const length = Math.min(sequence.length, SEQUENCE_LENGTH_MAX);
    for (let at = 0; at < length; at += 1) {
      const term = sequence[at]!;
      if (this.#isOfInterest[term] !== 1) continue;
      if (previous !== FIELD_BREAK && term !== FIELD_BREAK && at - previousAt <= DISTANCE_MAX) {
        this.#note(pairKey(previous, term), 1 / (at - previousAt));
      }
      previous = term;
      previousAt = at;
    }
    let score = 0;
    for (const [key, close] of this.#closeness) score += close * this.#boosts.get(key)!;
    return score;
  }

  #note(pair: number, closeness: number): void {
    if (!this.#boosts.has(pair)) return;
    this.#closeness.set(pair, Math.max(this.#closeness.get(pair) ?? 0, closeness));
  }
}

/** Exact as a double: term numbers stay far below 2^26. */
function pairKey(first: TermNo, second: TermNo): number {
  return first * 0x400_0000 + second;
}
