import { asDocNo } from '../ids.ts';
import type { TextCompaction, TextIndex } from '../ports/text-index.ts';
import { DocumentTable } from './document-table.ts';

/** About half a millisecond of work: the terms of that many documents are copied. */
const SLOTS_A_STEP = 64;

/**
 * Gives back the slots of dead documents: copies table and text index without them, a step at a time.
 * Between two steps everything goes on: what is added takes a later slot, which is copied in its turn;
 * what dies after it was copied dies in the copy at the end.
 */
export class IndexCompaction {
  readonly #table: DocumentTable;
  readonly #text: TextIndex;
  readonly #copy = new DocumentTable();
  readonly #textCopy: TextCompaction;
  #nextSlot = 0;

  constructor(table: DocumentTable, text: TextIndex) {
    this.#table = table;
    this.#text = text;
    this.#textCopy = text.compaction();
  }

  /** @returns false when so little is left that `finish` may do it */
  step(): boolean {
    const isLastOfThem = this.#table.slotCount - this.#nextSlot <= SLOTS_A_STEP;
    if (isLastOfThem) return this.#textCopy.tidy();
    this.#copySlots(this.#nextSlot + SLOTS_A_STEP);
    return true;
  }

  /** In one go: catches up, and the copies take over. About 0.1 µs a document. */
  finish(): void {
    this.#copySlots(this.#table.slotCount);
    while (this.#textCopy.tidy());
    const died = this.#table.becomeCopy(this.#copy);
    this.#textCopy.finish();
    for (const doc of died) this.#text.remove(doc);
  }

  #copySlots(end: number): void {
    for (; this.#nextSlot < end; this.#nextSlot += 1) {
      const doc = asDocNo(this.#nextSlot);
      const copied = this.#table.copyTo(this.#copy, doc);
      if (copied !== null) this.#textCopy.keep(doc, copied);
    }
  }
}
