import type { Bm25Parameters } from './parameters.ts';
import { grown, type PostingLists } from './posting-lists.ts';
import type { TermNo } from './vocabulary.ts';

/** A bound is stretched while the average length has moved by less; beyond, it is made anew. */
const DRIFT_MAX = 1.05;

/**
 * For every term the most that it adds to one document, as a share of its boost: a word stands once or
 * twice in a text of usual length, so that is far below the 1 that no document can reach.
 *
 * A share depends on the average length, which moves with every change. Each bound remembers the
 * average that it was made for, and a share grows at most as the average does.
 */
export class TermBounds {
  readonly #k1: number;
  readonly #b: number;
  readonly #postings: PostingLists;
  #shares = new Float32Array(256);
  /** 0: no bound yet. */
  #averages = new Float32Array(256);

  constructor({ k1, b }: Bm25Parameters, postings: PostingLists) {
    this.#k1 = k1;
    this.#b = b;
    this.#postings = postings;
  }

  get memoryBytes(): number {
    return this.#shares.byteLength + this.#averages.byteLength;
  }

  /** A document has the term so often: the bound, if there is one, must hold for it, too. */
  raise(term: TermNo, weight: number, length: number): void {
    if (term >= this.#shares.length) {
      this.#shares = grown(this.#shares, term + 1);
      this.#averages = grown(this.#averages, term + 1);
    }
    const average = this.#averages[term]!;
    if (average === 0) return;
    const share = this.#shareOf(weight, length, average);
    if (share > this.#shares[term]!) this.#shares[term] = share;
  }

  /** @param lengths by document; Infinity for one that is gone */
  of(term: TermNo, lengths: Float32Array, averageLength: number): number {
    const drift = averageLength / this.#averages[term]!;
    if (!(drift < DRIFT_MAX && drift > 1 / DRIFT_MAX)) return this.#make(term, lengths, averageLength);
    return this.#shares[term]! * Math.max(1, drift);
  }

  #make(term: TermNo, lengths: Float32Array, averageLength: number): number {
    const { docs, weights, starts, counts } = this.#postings;
    const end = starts[term]! + counts[term]!;
    let most = 0;
    for (let at = starts[term]!; at < end; at += 1) {
      most = Math.max(most, this.#shareOf(weights[at]!, lengths[docs[at]!]!, averageLength));
    }
    this.#shares[term] = most;
    this.#averages[term] = averageLength;
    return most;
  }

  #shareOf(weight: number, length: number, averageLength: number): number {
    return weight / (weight + this.#k1 * (1 - this.#b + (this.#b * length) / averageLength));
  }
}
