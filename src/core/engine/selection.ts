import { asDocNo, type DocNo } from '../ids.ts';
import type { DocSet } from '../ports/text-index.ts';
import { lowerBound, uint32Column, type Column } from './column.ts';

/** Where the vectors of documents lie; the document table. */
export interface Placements {
  /** Another number once a vector lies elsewhere than a selection may have been told. */
  readonly epoch: number;
  /** 0 when no segment holds its vector. */
  segmentIdOf(doc: DocNo): number;
  rowOf(doc: DocNo): number;
}

/**
 * The live documents that pass a filter: as a list, as bits for the question "this one?", and by segment
 * the rows of their vectors. It is kept current, so that a write costs the filters in use no more than a
 * look at the new document; whoever holds one between two changes sees it change.
 */
export class Selection implements DocSet {
  readonly #placements: Placements;
  readonly #docs = uint32Column();
  #words = new Uint32Array(2);
  /** By segment, of the first `#placedCount` documents, as things lay at `#placedEpoch`. */
  readonly #rows = new Map<number, Column<Uint32Array>>();
  #placedCount = 0;
  #placedEpoch = -1;

  constructor(placements: Placements) {
    this.#placements = placements;
  }

  get size(): number {
    return this.#docs.length;
  }

  get memoryBytes(): number {
    const columns = [this.#docs, ...this.#rows.values()];
    return this.#words.byteLength + columns.reduce((sum, column) => sum + column.memoryBytes, 0);
  }

  /** Ascending; good until the next change. */
  get docs(): Uint32Array {
    return this.#docs.values();
  }

  has(doc: DocNo): boolean {
    return ((this.#words[doc >>> 5] ?? 0) & (1 << (doc & 31))) !== 0;
  }

  /** Rows by segment of the documents that have a vector; good until the next change. */
  rows(): ReadonlyMap<number, Column<Uint32Array>> {
    this.#forgetMoved();
    const docs = this.docs;
    let segmentId = 0;
    let rows: Column<Uint32Array> | null = null;
    for (; this.#placedCount < docs.length; this.#placedCount += 1) {
      const doc = asDocNo(docs[this.#placedCount]!);
      // Neighbouring slots mostly lie in the same segment.
      if (this.#placements.segmentIdOf(doc) !== segmentId) {
        segmentId = this.#placements.segmentIdOf(doc);
        rows = segmentId === 0 ? null : this.#rowsOf(segmentId);
      }
      rows?.push(this.#placements.rowOf(doc));
    }
    return this.#rows;
  }

  /** @param doc above all others */
  append(doc: DocNo): void {
    const word = doc >>> 5;
    if (word >= this.#words.length) this.#growTo(word + 1);
    this.#words[word]! |= 1 << (doc & 31);
    this.#docs.push(doc);
  }

  /** Before its vector is displaced. */
  remove(doc: DocNo): void {
    if (!this.has(doc)) return;
    this.#words[doc >>> 5]! &= ~(1 << (doc & 31));
    const index = lowerBound(this.docs, doc);
    this.#docs.remove(index);
    this.#forgetMoved();
    if (index >= this.#placedCount) return;
    this.#placedCount -= 1;
    const rows = this.#rows.get(this.#placements.segmentIdOf(doc));
    const at = rows?.values().indexOf(this.#placements.rowOf(doc)) ?? -1;
    if (at >= 0) rows!.remove(at);
  }

  #forgetMoved(): void {
    const { epoch } = this.#placements;
    if (this.#placedEpoch === epoch) return;
    this.#placedEpoch = epoch;
    this.#placedCount = 0;
    this.#rows.clear();
  }

  #rowsOf(segmentId: number): Column<Uint32Array> {
    const known = this.#rows.get(segmentId);
    if (known !== undefined) return known;
    const fresh = uint32Column();
    this.#rows.set(segmentId, fresh);
    return fresh;
  }

  #growTo(words: number): void {
    const before = this.#words;
    this.#words = new Uint32Array(Math.max(words, before.length * 2));
    this.#words.set(before);
  }
}
