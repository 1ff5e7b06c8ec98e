import { TopK, type Ranked } from '../../../src/core/engine/top-k.ts';
import type { EntryText } from '../../../src/core/entry.ts';
import { asDocNo, type DocNo } from '../../../src/core/ids.ts';
import type { DocSet, TextCompaction, TextHits, TextIndex } from '../../../src/core/ports/text-index.ts';
import { tokenise } from '../../../src/core/text/tokenise.ts';
import { Bm25Compaction } from './compaction.ts';
import { FIELD_BREAK } from './document-terms.ts';
import { InvertedIndex } from './inverted-index.ts';
import { DEFAULT_PARAMETERS, type Bm25Parameters } from './parameters.ts';
import { ProximityScorer } from './proximity.ts';
import { planQuery, type QueryPlan, type TermStatistics } from './query-plan.ts';
import { Vocabulary, type TermNo } from './vocabulary.ts';

/**
 * So many of the best by BM25 are looked at for neighbouring words. Fixed, so that k does not change
 * the order; the gain is never negative, so they stay ahead of the rest.
 */
const PROXIMITY_DEPTH = 50;

/** Scores are summed in float32: a bound is only trusted beyond this share. */
const ROUNDING = 1e-4;

interface Wanted {
  readonly count: number;
  readonly accept: DocSet | undefined;
}

/**
 * BM25 over postings in memory (Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and
 * Beyond", 2009), with the simple form of BM25F: heading and body become one weighted term frequency
 * and one weighted length before saturation.
 *
 *     score(d) = Σ idf(t) · tf / (tf + k1 · (1 − b + b · length(d) / averageLength))  +  proximity(d)
 *
 * Without the factor (k1 + 1) a term adds less than its idf, so the sum of the idfs is the bound that
 * `scoreMax` names. Term by term with one accumulator per slot: at the sizes of one machine the
 * postings of a query fit the cache, and skipping within them would cost more than it saves.
 */
export class Bm25Index implements TextIndex, TermStatistics {
  readonly #parameters: Bm25Parameters;
  readonly #proximity = new ProximityScorer();
  #vocabulary = new Vocabulary();
  #inverted: InvertedIndex;
  /** One per slot, all 0 between searches. */
  #accumulators = new Float32Array(0);
  /** The slots with a score, as far as `#accumulate` says. */
  #touched = new Uint32Array(0);

  constructor(parameters: Partial<Bm25Parameters> = {}) {
    this.#parameters = { ...DEFAULT_PARAMETERS, ...parameters };
    this.#inverted = new InvertedIndex(this.#parameters);
  }

  get documentCount(): number {
    return this.#inverted.documentCount;
  }

  get memoryBytes(): number {
    const own = this.#accumulators.byteLength + this.#proximity.memoryBytes;
    return own + this.#vocabulary.memoryBytes + this.#inverted.memoryBytes;
  }

  documentFrequency(term: TermNo): number {
    return this.#inverted.documentFrequency(term);
  }

  inverseDocumentFrequency(documentFrequency: number): number {
    return Math.log(1 + (this.documentCount - documentFrequency + 0.5) / (documentFrequency + 0.5));
  }

  add(doc: DocNo, text: EntryText): void {
    const sequence: TermNo[] = [];
    const headingLength = this.#appendTerms(text.heading, sequence);
    sequence.push(FIELD_BREAK);
    const bodyLength = this.#appendTerms(text.body, sequence);
    const { headingWeight, bodyWeight } = this.#parameters;
    this.#inverted.insert(doc, sequence, headingLength * headingWeight + bodyLength * bodyWeight);
  }

  remove(doc: DocNo): void {
    this.#inverted.remove(doc);
  }

  search(query: string, k: number, accept?: DocSet): TextHits {
    const plan = planQuery(query, this.#vocabulary, this, this.#parameters);
    const wanted = { count: Math.max(k, PROXIMITY_DEPTH), accept };
    const best = this.#takeBest(this.#accumulate(plan.boosts, wanted), wanted);
    const { ids, scores } = this.#addProximity(best, plan.pairs);
    return {
      docs: Uint32Array.from(ids.subarray(0, k)),
      scores: scores.slice(0, k),
      scoreMax: plan.scoreMax,
    };
  }

  compaction(): TextCompaction {
    const parts = { inverted: this.#inverted, vocabulary: this.#vocabulary };
    return new Bm25Compaction(parts, this.#parameters, (copy) => {
      this.#inverted = copy.inverted;
      this.#vocabulary = copy.vocabulary;
      this.#accumulators = new Float32Array(0);
    });
  }

  /** The number of words. */
  #appendTerms(field: string, sequence: TermNo[]): number {
    let wordCount = 0;
    tokenise(field, (token, kind) => {
      sequence.push(this.#vocabulary.intern(token, () => this.#inverted.createTerm()));
      if (kind === 'word' || kind === 'character') wordCount += 1;
    });
    return wordCount;
  }

  /**
   * Sums the scores of the documents that have one of the terms, the rare terms first. Once the terms
   * that are left could not lift a new document among the best, they only add to those it has: MaxScore,
   * after Turtle & Flood, "Query evaluation: strategies and optimizations", 1995, term by term.
   * @returns how many slots are in `#touched`
   */
  #accumulate(boosts: QueryPlan['boosts'], wanted: Wanted): number {
    this.#reserveSlots(this.#inverted.lengths.length);
    const { counts } = this.#inverted.postings;
    const terms = [...boosts].toSorted(([, a], [, b]) => b - a);
    // Each term adds less than its boost.
    let boostLeft = terms.reduce((sum, [, boost]) => sum + boost, 0);
    let touchedCount = 0;
    let isClosed = false;
    for (const [term, boost] of terms) {
      const pays = !isClosed && touchedCount >= wanted.count && counts[term]! > touchedCount;
      if (pays) isClosed = boostLeft < this.#thresholdOf(touchedCount, wanted) * (1 - ROUNDING);
      if (isClosed) this.#addToTouched(term, boost);
      else touchedCount = this.#addTerm(term, boost, touchedCount);
      boostLeft -= boost;
    }
    return touchedCount;
  }

  /** @returns how many slots are in `#touched` now */
  #addTerm(term: TermNo, boost: number, touchedBefore: number): number {
    const { lengths, postings } = this.#inverted;
    const { docs, weights, starts, counts } = postings;
    const accumulators = this.#accumulators;
    const touched = this.#touched;
    const { lengthBase, lengthFactor } = this.#lengthNorm();
    const end = starts[term]! + counts[term]!;
    let touchedCount = touchedBefore;
    for (let at = starts[term]!; at < end; at += 1) {
      const doc = docs[at]!;
      const length = lengths[doc]!;
      if (length === Infinity) continue;
      const weight = weights[at]!;
      const before = accumulators[doc]!;
      if (before === 0) touched[touchedCount++] = doc;
      accumulators[doc] = before + (boost * weight) / (weight + lengthBase + lengthFactor * length);
    }
    return touchedCount;
  }

  #addToTouched(term: TermNo, boost: number): void {
    const { lengths, postings } = this.#inverted;
    const { docs, weights, starts, counts } = postings;
    const accumulators = this.#accumulators;
    const { lengthBase, lengthFactor } = this.#lengthNorm();
    const end = starts[term]! + counts[term]!;
    for (let at = starts[term]!; at < end; at += 1) {
      const doc = docs[at]!;
      const before = accumulators[doc]!;
      if (before === 0) continue;
      const weight = weights[at]!;
      accumulators[doc] = before + (boost * weight) / (weight + lengthBase + lengthFactor * lengths[doc]!);
    }
  }

  /** k1 · (1 − b + b · length / averageLength), as a line in the length. */
  #lengthNorm(): { readonly lengthBase: number; readonly lengthFactor: number } {
    const { k1, b } = this.#parameters;
    return {
      lengthBase: k1 * (1 - b),
      lengthFactor: (k1 * b) / Math.max(this.#inverted.averageLength, 1),
    };
  }

  /** What the last of the best has so far; more terms can only raise it. */
  #thresholdOf(touchedCount: number, { count, accept }: Wanted): number {
    const best = new TopK(count);
    for (let index = 0; index < touchedCount; index += 1) {
      const doc = this.#touched[index]!;
      const score = this.#accumulators[doc]!;
      if (score >= best.threshold && accept?.has(asDocNo(doc)) !== false) best.offer(score, doc);
    }
    return best.threshold;
  }

  #reserveSlots(slotCount: number): void {
    if (this.#accumulators.length >= slotCount) return;
    this.#accumulators = new Float32Array(slotCount);
    this.#touched = new Uint32Array(slotCount);
  }

  /** The best accepted ones; clears the accumulators. */
  #takeBest(touchedCount: number, { count, accept }: Wanted): Ranked {
    const accumulators = this.#accumulators;
    const touched = this.#touched;
    const best = new TopK(count);
    let threshold = best.threshold;
    for (let index = 0; index < touchedCount; index += 1) {
      const doc = touched[index]!;
      const score = accumulators[doc]!;
      accumulators[doc] = 0;
      if (score < threshold || (accept !== undefined && !accept.has(asDocNo(doc)))) continue;
      best.offer(score, doc);
      threshold = best.threshold;
    }
    return best.takeRanked();
  }

  #addProximity(candidates: Ranked, pairs: QueryPlan['pairs']): Ranked {
    const { ids, scores } = candidates;
    if (pairs.length === 0 || ids.length === 0) return candidates;
    const { documents } = this.#inverted;
    const best = new TopK(ids.length);
    this.#proximity.withPairs(pairs, (proximity) => {
      for (let rank = 0; rank < ids.length; rank += 1) {
        const doc = ids[rank]!;
        const gain = rank < PROXIMITY_DEPTH ? proximity(documents, asDocNo(doc)) : 0;
        best.offer(Math.fround(scores[rank]! + gain), doc);
      }
    });
    return best.takeRanked();
  }
}
