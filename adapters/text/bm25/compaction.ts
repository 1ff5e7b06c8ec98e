import { asDocNo, type DocNo } from '../../../src/core/ids.ts';
import type { TextCompaction } from '../../../src/core/ports/text-index.ts';
import { FIELD_BREAK } from './document-terms.ts';
import { InvertedIndex } from './inverted-index.ts';
import type { Bm25Parameters } from './parameters.ts';
import { Vocabulary, type TermNo } from './vocabulary.ts';

/** About a tenth of a millisecond of work. */
const FORMS_A_STEP = 128;

const NO_TERM = -1;

export interface IndexParts {
  readonly inverted: InvertedIndex;
  readonly vocabulary: Vocabulary;
}

/**
 * A copy of an index without its removed documents and the words that only they had, made in steps.
 * The index goes on growing meanwhile; only `finish` sees to it that nothing was missed.
 */
export class Bm25Compaction implements TextCompaction {
  readonly #from: IndexParts;
  readonly #copy: IndexParts;
  readonly #replace: (copy: IndexParts) => void;
  readonly #terms = new TermNumbers();
  readonly #forms: Iterator<[string, TermNo]>;
  #formsSeen = 0;
  /** Words that no copied document had when their turn came; one copied later may. */
  readonly #skipped: [string, TermNo][] = [];

  /** @param replace makes the copy the index */
  constructor(from: IndexParts, parameters: Bm25Parameters, replace: (copy: IndexParts) => void) {
    this.#from = from;
    this.#copy = { inverted: new InvertedIndex(parameters), vocabulary: new Vocabulary() };
    this.#replace = replace;
    this.#terms.set(FIELD_BREAK, FIELD_BREAK);
    this.#forms = from.vocabulary.forms();
  }

  keep(doc: DocNo, slot: DocNo): void {
    const { inverted } = this.#from;
    if (!inverted.isLive(doc)) return;
    const sequence = inverted.documents.sequence(doc).map((term) => this.#newTermOf(term));
    this.#copy.inverted.insert(asDocNo(slot), sequence, inverted.lengths[doc]!);
  }

  tidy(): boolean {
    // Never asked for one more than there is: an iterator that has ended once does not go on.
    const { formCount } = this.#from.vocabulary;
    const end = Math.min(this.#formsSeen + FORMS_A_STEP, formCount);
    for (; this.#formsSeen < end; this.#formsSeen += 1) {
      const entry = this.#forms.next().value as [string, TermNo];
      if (!this.#keepForm(entry)) this.#skipped.push(entry);
    }
    return this.#formsSeen < formCount;
  }

  finish(): void {
    for (const entry of this.#skipped) this.#keepForm(entry);
    this.#replace(this.#copy);
  }

  #keepForm([form, term]: [string, TermNo]): boolean {
    const number = this.#terms.get(term);
    if (number === NO_TERM) return false;
    this.#copy.vocabulary.intern(form, () => number);
    return true;
  }

  #newTermOf(term: TermNo): TermNo {
    const known = this.#terms.get(term);
    if (known !== NO_TERM) return known;
    const fresh = this.#copy.inverted.createTerm();
    this.#terms.set(term, fresh);
    return fresh;
  }
}

/** New number by old one. */
class TermNumbers {
  #numbers = new Int32Array(1024).fill(NO_TERM);

  get(term: TermNo): TermNo {
    return this.#numbers[term] ?? NO_TERM;
  }

  set(term: TermNo, number: TermNo): void {
    if (term >= this.#numbers.length) {
      const before = this.#numbers;
      this.#numbers = new Int32Array(Math.max(term + 1, before.length * 2)).fill(NO_TERM, before.length);
      this.#numbers.set(before);
    }
    this.#numbers[term] = number;
  }
}
