import type { DocNo } from '../../../src/core/ids.ts';
import { DocumentTerms, FIELD_BREAK } from './document-terms.ts';
import type { Bm25Parameters } from './parameters.ts';
import { grown, PostingLists } from './posting-lists.ts';
import type { QueryTerm } from './query-plan.ts';
import { TermBounds } from './term-bounds.ts';
import type { TermPostings } from './term-scan.ts';
import type { TermNo } from './vocabulary.ts';

const NO_DOCUMENT = Number.POSITIVE_INFINITY;

/**
 * Documents as sequences of term numbers, and for every term the documents that have it. Knows numbers
 * only; words are the vocabulary's, ranking is the index's.
 *
 * A removed document stays in the posting lists until a compaction; an infinite length marks it.
 */
export class InvertedIndex {
  readonly postings = new PostingLists();
  readonly documents = new DocumentTerms();
  /** Field-weighted length by slot; Infinity where no document lives. */
  lengths = new Float32Array(256).fill(NO_DOCUMENT);
  readonly #parameters: Bm25Parameters;
  readonly #bounds: TermBounds;
  /** Live documents by term. */
  #documentFrequencies = new Uint32Array(256);
  #lengthSum = 0;
  #documentCount = 0;

  constructor(parameters: Bm25Parameters) {
    this.#parameters = parameters;
    this.#bounds = new TermBounds(parameters, this.postings);
    this.createTerm(); // FIELD_BREAK
  }

  get documentCount(): number {
    return this.#documentCount;
  }

  /** At least 1. */
  get averageLength(): number {
    return this.#documentCount === 0 ? 1 : Math.max(this.#lengthSum / this.#documentCount, 1);
  }

  get memoryBytes(): number {
    const own = this.lengths.byteLength + this.#documentFrequencies.byteLength;
    return own + this.postings.memoryBytes + this.documents.memoryBytes + this.#bounds.memoryBytes;
  }

  documentFrequency(term: TermNo): number {
    return this.#documentFrequencies[term]!;
  }

  createTerm(): TermNo {
    const term = this.postings.createList();
    if (term === this.#documentFrequencies.length) {
      this.#documentFrequencies = grown(this.#documentFrequencies, term + 1);
    }
    return term;
  }

  /**
   * @param sequence the terms of the heading, FIELD_BREAK, the terms of the body
   * @param length field-weighted number of words
   */
  insert(doc: DocNo, sequence: ArrayLike<TermNo>, length: number): void {
    const slotCount = this.lengths.length;
    if (doc >= slotCount) this.lengths = grown(this.lengths, doc + 1).fill(NO_DOCUMENT, slotCount);
    this.lengths[doc] = length;
    this.#lengthSum += length;
    this.#documentCount += 1;
    this.documents.set(doc, sequence);
    for (const [term, weight] of this.#termWeights(sequence)) {
      this.postings.add(term, doc, weight);
      this.#bounds.raise(term, weight, length);
      this.#documentFrequencies[term]! += 1;
    }
  }

  postingsOf({ term, boost }: QueryTerm): TermPostings {
    const { k1, b } = this.#parameters;
    const { docs, weights, starts, counts } = this.postings;
    const start = starts[term]!;
    return {
      boost,
      docs,
      weights,
      start,
      end: start + counts[term]!,
      lengths: this.lengths,
      lengthBase: k1 * (1 - b),
      lengthFactor: (k1 * b) / this.averageLength,
    };
  }

  /** No document has more of the term's boost. */
  shareBound(term: TermNo): number {
    return this.#bounds.of(term, this.lengths, this.averageLength);
  }

  remove(doc: DocNo): void {
    if (!this.isLive(doc)) return;
    this.#lengthSum -= this.lengths[doc]!;
    this.#documentCount -= 1;
    this.lengths[doc] = NO_DOCUMENT;
    for (const term of new Set(this.documents.sequence(doc))) {
      if (term !== FIELD_BREAK) this.#documentFrequencies[term]! -= 1;
    }
  }

  isLive(doc: DocNo): boolean {
    return (this.lengths[doc] ?? NO_DOCUMENT) !== NO_DOCUMENT;
  }

  #termWeights(sequence: ArrayLike<TermNo>): ReadonlyMap<TermNo, number> {
    const weights = new Map<TermNo, number>();
    let fieldWeight = this.#parameters.headingWeight;
    for (let at = 0; at < sequence.length; at += 1) {
      const term = sequence[at]!;
      if (term === FIELD_BREAK) fieldWeight = this.#parameters.bodyWeight;
      else weights.set(term, (weights.get(term) ?? 0) + fieldWeight);
    }
    return weights;
  }
}
