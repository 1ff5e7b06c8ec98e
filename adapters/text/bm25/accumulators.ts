import type { DocSet } from '../../../src/core/ports/text-index.ts';
import { BestScores, type RankedScores } from './best-scores.ts';
import type { InvertedIndex } from './inverted-index.ts';
import type { QueryTerm } from './query-plan.ts';
import { ROUNDING, ScoreFloor } from './score-floor.ts';
import { lookUpTouched, scanAccepted, scanAll, scanTouched, type Sums } from './term-scan.ts';

/** To look a document up in a posting list takes as long as to pass so many postings. */
const POSTINGS_PER_LOOK_UP = 12;

/**
 * A look whether the rest can be skipped passes every score. Of 1,012 on real queries nine in ten failed
 * while what was left was more than this share of what was done.
 */
const LEFT_SHARE_MAX = 0.35;

export interface Wanted {
  /** At least 1. */
  readonly count: number;
  readonly accept: DocSet | undefined;
}

/**
 * Sums the scores of the documents that have one of the terms, term by term, the rare terms first, with
 * one accumulator per slot. Once the terms that are left could not lift a new document among the best,
 * they only add to those that they can still lift there: MaxScore, after Turtle & Flood, "Query
 * evaluation: strategies and optimizations", 1995.
 *
 * A document gets its terms in one order, whichever way it is found, so its score is always the same float.
 */
export class Accumulators {
  /** All scores are 0 between searches. */
  #sums: Sums = { scores: new Float32Array(0), touched: new Uint32Array(0), count: 0 };
  readonly #floor = new ScoreFloor();
  readonly #best = new BestScores();

  get memoryBytes(): number {
    const { scores, touched } = this.#sums;
    return scores.byteLength + touched.byteLength + this.#best.memoryBytes;
  }

  /** @param terms by descending boost */
  rank(inverted: InvertedIndex, terms: readonly QueryTerm[], wanted: Wanted): RankedScores {
    this.#reserve(inverted.lengths.length);
    const postingCount = terms.reduce((sum, { term }) => sum + inverted.postings.counts[term]!, 0);
    const few = wanted.accept?.docs;
    if (few !== undefined && few.length * terms.length * POSTINGS_PER_LOOK_UP < postingCount) {
      this.#lookUp(inverted, terms, few);
    } else {
      this.#scan(inverted, terms, wanted);
    }
    return this.#takeBest(wanted.count, boostSum(terms));
  }

  /** A filter that leaves few documents: each is looked up. */
  #lookUp(inverted: InvertedIndex, terms: readonly QueryTerm[], accepted: Uint32Array): void {
    const sums = this.#sums;
    sums.touched.set(accepted);
    sums.count = accepted.length;
    for (const term of terms) lookUpTouched(inverted.postingsOf(term), sums);
  }

  #scan(inverted: InvertedIndex, terms: readonly QueryTerm[], { count, accept }: Wanted): void {
    const sums = this.#sums;
    const bounds = terms.map(({ term, boost }) => boost * inverted.shareBound(term));
    let left = bounds.reduce((sum, bound) => sum + bound, 0);
    let done = 0;
    let isClosed = false;
    terms.forEach((term, index) => {
      const postings = inverted.postingsOf(term);
      const length = postings.end - postings.start;
      const pays = sums.count >= count && left < done * LEFT_SHARE_MAX && length * 2 > sums.count;
      if (pays && !isClosed) isClosed = this.#close(count, left, done);
      if (!isClosed) {
        if (accept === undefined) scanAll(postings, sums);
        else scanAccepted(postings, accept, sums);
      } else if (sums.count * POSTINGS_PER_LOOK_UP < length) lookUpTouched(postings, sums);
      else scanTouched(postings, sums);
      left -= bounds[index]!;
      done += bounds[index]!;
    });
  }

  /**
   * Leaves the documents that may be among the best, when no others may.
   * @param done the most that one can have by now
   * @param left the most that the other terms add to one
   */
  #close(count: number, left: number, done: number): boolean {
    const sums = this.#sums;
    const { scores, touched } = sums;
    const least = this.#floor.of(scores, touched, sums.count, count, done) * (1 - ROUNDING) - left;
    if (least <= 0) return false;
    let kept = 0;
    for (let index = 0; index < sums.count; index += 1) {
      const doc = touched[index]!;
      if (scores[doc]! < least) scores[doc] = 0;
      else touched[kept++] = doc;
    }
    sums.count = kept;
    return true;
  }

  /** Leaves the scores 0. */
  #takeBest(count: number, scoreMax: number): RankedScores {
    const { scores, touched, count: touchedCount } = this.#sums;
    const best = this.#best;
    best.start(count);
    const floor =
      touchedCount > 2 * count ? this.#floor.of(scores, touched, touchedCount, count, scoreMax) : 0;
    for (let index = 0; index < touchedCount; index += 1) {
      const doc = touched[index]!;
      const score = scores[doc]!;
      scores[doc] = 0;
      if (score > 0 && score >= floor) best.offer(score, doc);
    }
    this.#sums.count = 0;
    return best.take();
  }

  #reserve(slotCount: number): void {
    if (this.#sums.scores.length >= slotCount) return;
    this.#sums = { scores: new Float32Array(slotCount), touched: new Uint32Array(slotCount), count: 0 };
  }
}

function boostSum(terms: readonly QueryTerm[]): number {
  return terms.reduce((sum, { boost }) => sum + boost, 0);
}
