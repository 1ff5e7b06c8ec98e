import type { EntryFilter } from '../filter.ts';
import { asDocNo, type DocNo } from '../ids.ts';
import type { IndexDocument } from '../ports/index-source.ts';
import { float64Column, lowerBound, uint32Column, type Column } from './column.ts';

/** What filters ask about, as part of a document. */
export type DocumentAttributes = Pick<
  IndexDocument,
  'type' | 'category' | 'section' | 'author' | 'tags' | 'createdAtMs' | 'updatedAtMs'
>;

type TermNo = number;

const FIELDS = ['type', 'category', 'section', 'author', 'tag'] as const;
type Field = (typeof FIELDS)[number];

/** One term per field and value, so that every equality filter is a set of terms that must hold. */
interface Term {
  readonly field: Field;
  readonly value: string;
}

/**
 * The filterable attributes of all documents, by slot, both ways round: document → terms (one flat
 * list with offsets), and term → documents (postings). Slots only ever grow, so both are appended
 * to, and postings are ascending by nature. Dead documents stay until compaction and are skipped.
 */
export class Attributes {
  /** By value, a map for each field: a start adds every document, and names would have to be put together. */
  readonly #termNumbers = Object.fromEntries(FIELDS.map((field) => [field, new Map()])) as Readonly<
    Record<Field, Map<string, TermNo>>
  >;
  /** By number. */
  readonly #names: Term[] = [];
  readonly #postings: Column<Uint32Array>[] = [];
  /** Terms of slot d: `#terms[#offsets[d]]` up to `#terms[#offsets[d + 1]]`. */
  readonly #terms = uint32Column();
  readonly #offsets = uint32Column();
  readonly #created = float64Column();
  readonly #updated = float64Column();

  constructor() {
    this.#offsets.push(0);
  }

  get slotCount(): number {
    return this.#created.length;
  }

  get memoryBytes(): number {
    const columns = [this.#terms, this.#offsets, this.#created, this.#updated, ...this.#postings];
    return columns.reduce((sum, column) => sum + column.memoryBytes, 0);
  }

  /** The document takes the next slot. */
  add(document: DocumentAttributes): DocNo {
    const doc = asDocNo(this.slotCount);
    this.#addTerm(doc, this.#intern('type', document.type));
    this.#addTerm(doc, this.#intern('category', document.category));
    this.#addTerm(doc, this.#intern('author', document.author));
    if (document.section !== null) this.#addTerm(doc, this.#intern('section', document.section));
    for (const tag of new Set(document.tags)) this.#addTerm(doc, this.#intern('tag', tag));
    this.#close(document.createdAtMs, document.updatedAtMs);
    return doc;
  }

  /** The slot's document takes the next slot of the copy. */
  copyTo(copy: Attributes, slot: DocNo): DocNo {
    const doc = asDocNo(copy.slotCount);
    for (let at = this.#offsets.at(slot); at < this.#offsets.at(slot + 1); at += 1) {
      const { field, value } = this.#names[this.#terms.at(at)]!;
      copy.#addTerm(doc, copy.#intern(field, value));
    }
    copy.#close(this.#created.at(slot), this.#updated.at(slot));
    return doc;
  }

  /**
   * What passes, dead or alive, or null when the filter restricts nothing.
   * @returns calls `take` with each such document from a slot on, ascending
   */
  compile(filter: EntryFilter): ((fromSlot: number, take: (doc: DocNo) => void) => void) | null {
    const required = this.#requiredTerms(filter);
    const passesDates = this.#dateTest(filter);
    if (required.length === 0 && passesDates === null) return null;
    return (fromSlot, take) => {
      const { slots, left } = this.#candidates(required, fromSlot);
      for (const slot of slots) {
        const doc = asDocNo(slot);
        if (!left.every((wanted) => this.#holds(doc, wanted))) continue;
        if (passesDates === null || passesDates(doc)) take(doc);
      }
    };
  }

  /** Terms that must all hold; -1 for one that no document ever had. An empty list restricts nothing. */
  #requiredTerms(filter: EntryFilter): readonly TermNo[] {
    const wanted: TermNo[] = [];
    const want = (field: Field, value: string): void => {
      wanted.push(this.#termNumbers[field].get(value) ?? -1);
    };
    // With both types asked for nothing is left to check: there are only two.
    const types = new Set(filter.types);
    if (types.size === 1) for (const type of types) want('type', type);
    if (filter.category !== undefined) want('category', filter.category);
    if (filter.section !== undefined) want('section', filter.section);
    if (filter.author !== undefined) want('author', filter.author);
    for (const tag of filter.tags ?? []) want('tag', tag);
    return wanted;
  }

  /**
   * The shortest posting list among the required terms, every slot when dates alone restrict; and the
   * terms that are left to look for in each: neither the list's own nor those that every slot has, so
   * mostly none, and looking for a term takes most of the time.
   */
  #candidates(
    required: readonly TermNo[],
    fromSlot: number,
  ): { readonly slots: Iterable<number>; readonly left: readonly TermNo[] } {
    if (required.length === 0) return { slots: slotsFrom(fromSlot, this.slotCount), left: [] };
    const lengthOf = (wanted: TermNo): number => this.#postings[wanted]?.length ?? 0;
    const rarest = required.reduce((one, other) => (lengthOf(other) < lengthOf(one) ? other : one));
    const postings = this.#postings[rarest]?.values() ?? new Uint32Array(0);
    return {
      slots: postings.subarray(lowerBound(postings, fromSlot)),
      left: required.filter((wanted) => wanted !== rarest && lengthOf(wanted) < this.slotCount),
    };
  }

  #holds(doc: DocNo, wanted: TermNo): boolean {
    for (let at = this.#offsets.at(doc); at < this.#offsets.at(doc + 1); at += 1) {
      if (this.#terms.at(at) === wanted) return true;
    }
    return false;
  }

  #dateTest(filter: EntryFilter): ((doc: DocNo) => boolean) | null {
    const { createdFromMs, createdToMs, updatedFromMs, updatedToMs } = filter;
    const bounds = [createdFromMs, createdToMs, updatedFromMs, updatedToMs];
    if (bounds.every((bound) => bound === undefined)) return null;
    return (doc) =>
      isWithin(this.#created.at(doc), createdFromMs, createdToMs) &&
      isWithin(this.#updated.at(doc), updatedFromMs, updatedToMs);
  }

  #intern(field: Field, value: string): TermNo {
    const numbers = this.#termNumbers[field];
    const known = numbers.get(value);
    if (known !== undefined) return known;
    const fresh = this.#postings.length;
    numbers.set(value, fresh);
    this.#names.push({ field, value });
    this.#postings.push(uint32Column());
    return fresh;
  }

  #addTerm(doc: DocNo, number: TermNo): void {
    this.#terms.push(number);
    this.#postings[number]!.push(doc);
  }

  /** Ends the slot whose terms were just added. */
  #close(createdAtMs: number, updatedAtMs: number): void {
    this.#offsets.push(this.#terms.length);
    this.#created.push(createdAtMs);
    this.#updated.push(updatedAtMs);
  }
}

function* slotsFrom(slot: number, count: number): Iterable<number> {
  for (let next = slot; next < count; next += 1) yield next;
}

/** Half-open: from <= time < to. */
function isWithin(timeMs: number, fromMs = -Infinity, toMs = Infinity): boolean {
  return fromMs <= timeMs && timeMs < toMs;
}
