import type { DocNo } from '../../../src/core/ids.ts';
import { grown } from './posting-lists.ts';
import { FIELD_BREAK, type DocumentTerms } from './document-terms.ts';
import type { TermNo } from './vocabulary.ts';

/** Two words that stand side by side in the query. */
export interface TermPair {
  readonly first: TermNo;
  readonly second: TermNo;
  /** What a document gains that has them side by side too. */
  readonly boost: number;
}

/** What a document gains. */
type Proximity = (documents: DocumentTerms, doc: DocNo) => number;

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
  #pairs: readonly TermPair[] = [];
  /** How close each pair came in the document that is being scored; 0 when it did not. */
  #closeness = new Float64Array(64);

  get memoryBytes(): number {
    return this.#isOfInterest.byteLength;
  }

  /** Calls `score` with a function that scores documents by these pairs. */
  withPairs(pairs: readonly TermPair[], score: (proximity: Proximity) => void): void {
    const terms = [FIELD_BREAK, ...pairs.flatMap(({ first, second }) => [first, second])];
    const termMax = terms.reduce((a, b) => Math.max(a, b));
    if (termMax >= this.#isOfInterest.length) this.#isOfInterest = grown(this.#isOfInterest, termMax + 1);
    if (pairs.length > this.#closeness.length) this.#closeness = new Float64Array(pairs.length);
    for (const term of terms) this.#isOfInterest[term] = 1;
    this.#pairs = pairs;
    score((documents, doc) => this.#score(documents, doc));
    for (const term of terms) this.#isOfInterest[term] = 0;
  }

  #score(documents: DocumentTerms, doc: DocNo): number {
    const { terms } = documents;
    const start = documents.startOf(doc);
    const end = start + Math.min(documents.countOf(doc), SEQUENCE_LENGTH_MAX);
    const isOfInterest = this.#isOfInterest;
    let previous: TermNo = FIELD_BREAK;
    let previousAt = 0;
    let isAnyClose = false;
    for (let at = start; at < end; at += 1) {
      const term = terms[at]!;
      if (isOfInterest[term] !== 1) continue;
      if (previous !== FIELD_BREAK && term !== FIELD_BREAK && at - previousAt <= DISTANCE_MAX) {
        isAnyClose = this.#note(previous, term, 1 / (at - previousAt)) || isAnyClose;
      }
      previous = term;
      previousAt = at;
    }
    return isAnyClose ? this.#takeSum() : 0;
  }

  /** A query has few pairs: a look at each is quicker than a map. @returns whether it has this one */
  #note(first: TermNo, second: TermNo, closeness: number): boolean {
    const pairs = this.#pairs;
    for (let index = 0; index < pairs.length; index += 1) {
      const pair = pairs[index]!;
      if (pair.first !== first || pair.second !== second) continue;
      if (closeness > this.#closeness[index]!) this.#closeness[index] = closeness;
      return true;
    }
    return false;
  }

  #takeSum(): number {
    let sum = 0;
    for (let index = 0; index < this.#pairs.length; index += 1) {
      sum += this.#closeness[index]! * this.#pairs[index]!.boost;
      this.#closeness[index] = 0;
    }
    return sum;
  }
}
