import { asDocNo, type DocNo } from '../../../src/core/ids.ts';
import { BestScores, type RankedScores } from './best-scores.ts';
import { FIELD_BREAK, type DocumentTerms } from './document-terms.ts';
import { grown } from './posting-lists.ts';
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

/** Numbers of a term within a query: the first is the boundary of fields, the words follow. */
const NOT_ASKED = 0;
const BREAK = 1;
/** A query has fewer words; a power of two. */
const WORD_BITS = 7;
const WORDS_MAX = 1 << WORD_BITS;
const NO_PAIR = 0;

/**
 * How far documents have the query's neighbours as neighbours, in the same order: each pair adds its
 * boost divided by the distance of its closest occurrence. After Rasolofo & Savoy, "Term Proximity
 * Scoring for Keyword-Based Retrieval Systems", ECIR 2003. One pass over a document: of an occurrence
 * only the query word right before it is looked at.
 *
 * Tables answer what would otherwise be a branch that nobody can predict: whether a term was asked for,
 * and which pair two of them make.
 */
export class ProximityScorer {
  /** By term, its number within the query; all NOT_ASKED between queries. */
  #numbers = new Uint8Array(256);
  /** By the numbers of two words, one more than the place of their pair; all NO_PAIR between queries. */
  readonly #pairAt = new Uint8Array(WORDS_MAX * WORDS_MAX);
  #pairs: readonly TermPair[] = [];
  /** How close each pair came in the document that is being scored; 0 when it did not. */
  readonly #closeness = new Float64Array(WORDS_MAX);
  /** Where the document that is being scored has words that were asked for. */
  readonly #places = new Uint32Array(SEQUENCE_LENGTH_MAX + 1);
  readonly #best = new BestScores();

  get memoryBytes(): number {
    return this.#numbers.byteLength + this.#pairAt.byteLength + this.#places.byteLength;
  }

  /** Adds what the first `depth` documents gain and puts these in order again. */
  rerank(ranked: RankedScores, depth: number, pairs: readonly TermPair[], documents: DocumentTerms): void {
    const count = Math.min(depth, ranked.docs.length);
    if (pairs.length === 0 || count === 0) return;
    this.#prepare(pairs);
    const best = this.#best;
    best.start(count);
    for (let rank = 0; rank < count; rank += 1) {
      const doc = ranked.docs[rank]!;
      best.offer(Math.fround(ranked.scores[rank]! + this.#gain(documents, asDocNo(doc))), doc);
    }
    const { docs, scores } = best.take();
    ranked.docs.set(docs);
    ranked.scores.set(scores);
    this.#forget();
  }

  #prepare(pairs: readonly TermPair[]): void {
    this.#pairs = pairs;
    let nextNumber = this.#number(FIELD_BREAK, BREAK);
    pairs.forEach(({ first, second }, index) => {
      nextNumber = this.#number(first, nextNumber);
      nextNumber = this.#number(second, nextNumber);
      const at = this.#numbers[first]! * WORDS_MAX + this.#numbers[second]!;
      // A pair that the query has twice counts once.
      if (this.#pairAt[at] === NO_PAIR) this.#pairAt[at] = index + 1;
    });
  }

  /** @returns the number of the next term */
  #number(term: TermNo, number: number): number {
    if (term >= this.#numbers.length) this.#numbers = grown(this.#numbers, term + 1);
    if (this.#numbers[term] !== NOT_ASKED) return number;
    this.#numbers[term] = number;
    return number + 1;
  }

  #forget(): void {
    const numbers = this.#numbers;
    for (const { first, second } of this.#pairs)
      this.#pairAt[numbers[first]! * WORDS_MAX + numbers[second]!] = NO_PAIR;
    for (const { first, second } of this.#pairs) numbers[first] = numbers[second] = NOT_ASKED;
    numbers[FIELD_BREAK] = NOT_ASKED;
  }

  #gain(documents: DocumentTerms, doc: DocNo): number {
    const { terms } = documents;
    const numbers = this.#numbers;
    const places = this.#places;
    const start = documents.startOf(doc);
    const end = start + Math.min(documents.countOf(doc), SEQUENCE_LENGTH_MAX);
    let placeCount = 0;
    for (let at = start; at < end; at += 1) {
      places[placeCount] = at;
      // 1 for every number but NOT_ASKED, without a branch: in one document in five it would go astray.
      placeCount += (numbers[terms[at]!]! + WORDS_MAX - 1) >> WORD_BITS;
    }
    let previousAt = -DISTANCE_MAX;
    let row = 0;
    let isAnyClose = false;
    for (let index = 0; index < placeCount; index += 1) {
      const at = places[index]!;
      const number = numbers[terms[at]!]!;
      const pair = this.#pairAt[row + number]!;
      if (pair !== NO_PAIR && at - previousAt <= DISTANCE_MAX) {
        const closeness = 1 / (at - previousAt);
        if (closeness > this.#closeness[pair - 1]!) this.#closeness[pair - 1] = closeness;
        isAnyClose = true;
      }
      row = number * WORDS_MAX;
      previousAt = at;
    }
    return isAnyClose ? this.#takeSum() : 0;
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
