import { stem } from '../../../src/core/text/stem.ts';
import { SpellingDictionary } from './spelling.ts';

/** A term's number: the number of its posting list. */
export type TermNo = number;

/**
 * The words of the documents, in two steps: the written form leads to its term (the stem). Written
 * forms are kept because spelling must be corrected before stemming: "encryptoin" is one slip from
 * "encryption" and three from its stem.
 */
export class Vocabulary {
  readonly #byForm = new Map<string, TermNo>();
  readonly #byTerm = new Map<string, TermNo>();
  readonly #spelling = new SpellingDictionary();

  get formCount(): number {
    return this.#byForm.size;
  }

  get memoryBytes(): number {
    // Map entry with key and value, and a short one-byte string: about 80 bytes each in V8.
    return (this.#byForm.size + this.#byTerm.size) * 80 + this.#spelling.memoryBytes;
  }

  find(form: string): TermNo | undefined {
    return this.#byForm.get(form) ?? this.#byTerm.get(stem(form));
  }

  /** @param createTerm called when no document has had the term so far */
  intern(form: string, createTerm: () => TermNo): TermNo {
    const known = this.#byForm.get(form);
    if (known !== undefined) return known;
    const stemmed = stem(form);
    let term = this.#byTerm.get(stemmed);
    if (term === undefined) {
      term = createTerm();
      this.#byTerm.set(stemmed, term);
    }
    this.#byForm.set(form, term);
    this.#spelling.add(form);
    return term;
  }

  /** The terms of the forms that are one slip away. */
  neighbours(form: string): ReadonlySet<TermNo> {
    return new Set(this.#spelling.neighbours(form).map((neighbour) => this.#byForm.get(neighbour)!));
  }

  /** Forms with their terms, in the order in which they came; goes on with those that come later. */
  forms(): Iterator<[string, TermNo]> {
    return this.#byForm.entries();
  }
}
