import type { DocNo } from '../../../src/core/ids.ts';
import { grown } from './posting-lists.ts';
import type { TermNo } from './vocabulary.ts';

/** Stands between heading and body: words on its two sides are not neighbours. No word has this number. */
export const FIELD_BREAK: TermNo = 0;

/**
 * The terms of every document in their order, repetitions included. Removing a document needs them to
 * keep the document frequencies exact, and proximity needs the order.
 */
export class DocumentTerms {
  #terms = new Uint32Array(1024);
  #starts = new Uint32Array(256);
  #counts = new Uint32Array(256);
  #end = 0;

  get memoryBytes(): number {
    return this.#terms.byteLength + this.#starts.byteLength + this.#counts.byteLength;
  }

  /** Once per document. */
  set(doc: DocNo, sequence: ArrayLike<TermNo>): void {
    if (doc >= this.#starts.length) {
      this.#starts = grown(this.#starts, doc + 1);
      this.#counts = grown(this.#counts, doc + 1);
    }
    const end = this.#end + sequence.length;
    if (end > this.#terms.length) this.#terms = grown(this.#terms, end);
    this.#terms.set(sequence, this.#end);
    this.#starts[doc] = this.#end;
    this.#counts[doc] = sequence.length;
    this.#end = end;
  }

  /** Of a scan over many documents: a view of its own for each would cost more than reading it. */
  get terms(): Uint32Array {
    return this.#terms;
  }

  startOf(doc: DocNo): number {
    return this.#starts[doc]!;
  }

  countOf(doc: DocNo): number {
    return this.#counts[doc]!;
  }

  sequence(doc: DocNo): Uint32Array {
    const start = this.#starts[doc]!;
    return this.#terms.subarray(start, start + this.#counts[doc]!);
  }
}
