import type { DocNo } from '../ids.ts';

/** No live document has its vector in this row. */
export const NOBODY = -1;

/**
 * Which live document each row of one segment belongs to: what the document table knows by slot, the
 * other way round. A search asks it for every row that a library proposes, so it is an array and not
 * a map by vector id (5 ns a row instead of 60).
 */
export class RowOwners {
  #docs = new Int32Array(64).fill(NOBODY);
  #liveRows = 0;

  get liveRows(): number {
    return this.#liveRows;
  }

  get memoryBytes(): number {
    return this.#docs.byteLength;
  }

  /** NOBODY for a dead row. */
  ownerOf(row: number): DocNo | typeof NOBODY {
    return (this.#docs[row] ?? NOBODY) as DocNo | typeof NOBODY;
  }

  give(row: number, doc: DocNo): void {
    if (row >= this.#docs.length) this.#growTo(row + 1);
    if (this.#docs[row] === NOBODY) this.#liveRows += 1;
    this.#docs[row] = doc;
  }

  take(row: number): void {
    if (this.#docs[row] === NOBODY) return;
    this.#docs[row] = NOBODY;
    this.#liveRows -= 1;
  }

  /** The live rows, ascending. */
  rows(): Uint32Array {
    const rows = new Uint32Array(this.#liveRows);
    for (let row = 0, count = 0; count < rows.length; row += 1) {
      if (this.#docs[row] !== NOBODY) rows[count++] = row;
    }
    return rows;
  }

  /** The documents of the live rows. */
  docs(): readonly DocNo[] {
    return Array.from(this.#docs).filter((doc) => doc !== NOBODY) as DocNo[];
  }

  #growTo(rowCount: number): void {
    const before = this.#docs;
    this.#docs = new Int32Array(Math.max(rowCount, before.length * 2)).fill(NOBODY, before.length);
    this.#docs.set(before);
  }
}
