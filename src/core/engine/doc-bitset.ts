import type { DocNo } from '../ids.ts';
import type { DocSet } from '../ports/text-index.ts';

/** A compiled filter: the matching slots as a list for exact scoring, and as bits for the question "this one?". */
export class DocBitset implements DocSet {
  /** Ascending. */
  readonly docs: Uint32Array;
  readonly #words: Uint32Array;

  /** @param docs ascending slots, each below `slotCount` */
  constructor(docs: Uint32Array, slotCount: number) {
    this.docs = docs;
    this.#words = new Uint32Array((slotCount + 31) >>> 5);
    for (const doc of docs) this.#words[doc >>> 5]! |= 1 << (doc & 31);
  }

  get size(): number {
    return this.docs.length;
  }

  has(doc: DocNo): boolean {
    return ((this.#words[doc >>> 5] ?? 0) & (1 << (doc & 31))) !== 0;
  }
}
