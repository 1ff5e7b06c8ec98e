import type { EntryFilter } from '../filter.ts';
import type { DocNo } from '../ids.ts';
import type { Attributes } from './attributes.ts';
import { Selection, type Placements } from './selection.ts';

/** Enough for every category, alone and with each section. */
const SELECTIONS_MAX = 256;
/** Of all selections; each takes up to 8 bytes with its rows. */
const DOCUMENTS_MAX = 2_000_000;

interface Known {
  readonly selection: Selection;
  /** Slots below this were looked at. */
  upTo: number;
}

/**
 * What the filters in use select. New documents are looked at when a filter is asked for, removed ones
 * leave at once, so a search between two writes does not compile its filter anew: with 20,000 documents
 * that took longer than the search.
 */
export class Selections {
  readonly #placements: Placements;
  /** What was longest not asked for comes first, and goes first. */
  readonly #known = new Map<string, Known>();
  #seenSlots = 0;

  constructor(placements: Placements) {
    this.#placements = placements;
  }

  /** Slots from here on no selection knows. */
  get seenSlots(): number {
    return this.#seenSlots;
  }

  get memoryBytes(): number {
    return this.#sum((selection) => selection.memoryBytes);
  }

  /** The live documents that pass, or null when the filter restricts nothing. */
  select(filter: EntryFilter, attributes: Attributes, isLive: (doc: DocNo) => boolean): Selection | null {
    const key = JSON.stringify(filter);
    const slotCount = attributes.slotCount;
    const asked = this.#known.get(key);
    if (asked?.upTo === slotCount) {
      this.#moveLast(key, asked);
      return asked.selection;
    }
    const matching = attributes.compile(filter);
    if (matching === null) return null;
    const known = asked ?? { selection: new Selection(this.#placements), upTo: 0 };
    matching(known.upTo, (doc) => {
      if (isLive(doc)) known.selection.append(doc);
    });
    known.upTo = slotCount;
    this.#seenSlots = slotCount;
    this.#moveLast(key, known);
    this.#dropOldest();
    return known.selection;
  }

  /** Before its vector is displaced. */
  remove(doc: DocNo): void {
    for (const { selection } of this.#known.values()) selection.remove(doc);
  }

  clear(): void {
    this.#known.clear();
    this.#seenSlots = 0;
  }

  #moveLast(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
  }

  /** All but the last, as far as the bounds ask for it. */
  #dropOldest(): void {
    let documents = this.#sum((selection) => selection.size);
    for (const [oldest, { selection }] of this.#known) {
      const isWithin = this.#known.size <= SELECTIONS_MAX && documents <= DOCUMENTS_MAX;
      if (isWithin || this.#known.size === 1) return;
      documents -= selection.size;
      this.#known.delete(oldest);
    }
  }

  #sum(of: (selection: Selection) => number): number {
    let sum = 0;
    for (const { selection } of this.#known.values()) sum += of(selection);
    return sum;
  }
}
