import type { DocNo } from '../../../src/core/ids.ts';

/** A list starts with room for two postings: most words of natural text occur in one document. */
const CAPACITY_MIN = 2;

/**
 * Growable lists of (document, weight), by ascending document, in two shared typed arrays. A full list moves to a block of
 * twice the size and leaves its block to the next list that needs one, so adding is amortised O(1)
 * and a list is always one contiguous run to scan.
 */
export class PostingLists {
  /** Where the postings of a list lie: [starts[list], starts[list] + counts[list]) of these two. */
  docs = new Uint32Array(1024);
  /** Field-weighted term frequency, 1–255. */
  weights = new Uint8Array(1024);
  starts = new Uint32Array(256);
  counts = new Uint32Array(256);
  #capacities = new Uint32Array(256);
  #listCount = 0;
  #end = 0;
  /** Start of abandoned blocks by capacity. */
  readonly #free = new Map<number, number[]>();

  get listCount(): number {
    return this.#listCount;
  }

  get memoryBytes(): number {
    const perList = this.starts.byteLength + this.counts.byteLength + this.#capacities.byteLength;
    return this.docs.byteLength + this.weights.byteLength + perList;
  }

  createList(capacity: number = CAPACITY_MIN): number {
    const list = this.#listCount++;
    if (list === this.starts.length) {
      this.starts = grown(this.starts, list + 1);
      this.counts = grown(this.counts, list + 1);
      this.#capacities = grown(this.#capacities, list + 1);
    }
    this.starts[list] = this.#allocate(capacity);
    this.#capacities[list] = capacity;
    return list;
  }

  /** The document is not in the list. */
  add(list: number, doc: DocNo, weight: number): void {
    const count = this.counts[list]!;
    if (count === this.#capacities[list]!) this.#double(list);
    const start = this.starts[list]!;
    let at = start + count;
    // Documents come in ascending order, all but always.
    for (; at > start && this.docs[at - 1]! > doc; at -= 1) {
      this.docs[at] = this.docs[at - 1]!;
      this.weights[at] = this.weights[at - 1]!;
    }
    this.docs[at] = doc;
    this.weights[at] = Math.min(weight, 255);
    this.counts[list] = count + 1;
  }

  #double(list: number): void {
    const start = this.starts[list]!;
    const capacity = this.#capacities[list]!;
    const moved = this.#allocate(capacity * 2);
    this.docs.copyWithin(moved, start, start + capacity);
    this.weights.copyWithin(moved, start, start + capacity);
    this.starts[list] = moved;
    this.#capacities[list] = capacity * 2;
    const free = this.#free.get(capacity);
    if (free === undefined) this.#free.set(capacity, [start]);
    else free.push(start);
  }

  #allocate(capacity: number): number {
    const reused = this.#free.get(capacity)?.pop();
    if (reused !== undefined) return reused;
    const start = this.#end;
    this.#end += capacity;
    if (this.#end > this.docs.length) {
      this.docs = grown(this.docs, this.#end);
      this.weights = grown(this.weights, this.#end);
    }
    return start;
  }
}

/** Beyond this many elements an array grows by half only: what a large one has too much is memory. */
const DOUBLED_MAX = 65_536;

/** A longer copy: amortised, growing one element after another is O(1). */
export function grown<T extends Uint8Array | Uint32Array | Float32Array>(array: T, lengthMin: number): T {
  const factor = array.length < DOUBLED_MAX ? 2 : 1.5;
  const length = Math.max(lengthMin, Math.ceil(array.length * factor));
  const copy = new (array.constructor as new (length: number) => T)(length);
  copy.set(array);
  return copy;
}
