import type { IndexKind, NearestRows } from '../ports/vector-backend.ts';
import type { QuantisedRows } from './quantised-rows.ts';

export interface SegmentRequest {
  /** count × dimension, row-major, finite. */
  readonly queries: Float32Array;
  readonly count: number;
  /** 1 <= k <= rows */
  readonly k: number;
  /**
   * Lists begin alike, however long they are, if this is the same for them: a graph looks as broadly as for so long a
   * one. Not less than k; of no effect on a scan.
   */
  readonly breadth: number;
  /** By query: rows that score less may be left out. */
  readonly floors?: Float32Array;
}

/**
 * A block of vectors that is searched as one. It knows rows and vector ids; which rows are alive is
 * the document table's to say.
 *
 * Reference-counted: every view that lists a segment holds it, and the last one to let go frees it,
 * so a search or a save that is under way keeps what it reads.
 */
export abstract class Segment {
  /** Unique within the process, from 1; the document table locates vectors by it. */
  readonly id: number;
  abstract readonly kind: IndexKind;
  abstract readonly rows: number;
  /** Vector id by row. */
  abstract readonly ids: Float64Array;
  /** rows × dimension, row-major. May be longer than `rows` says while a segment grows. */
  abstract readonly vectors: Float32Array;
  /** The rows once more, a byte a component, for scans; null where there are none. */
  abstract readonly quantised: QuantisedRows | null;
  abstract readonly memoryBytes: number;
  #holders = 0;

  constructor(id: number) {
    this.id = id;
  }

  /** @returns lists of k, or longer ones */
  abstract search(request: SegmentRequest): NearestRows;

  /** A shorter list begins as a longer one does: a scan's, not a graph's. */
  get isExact(): boolean {
    return this.kind === 'flat';
  }

  protected abstract dispose(): void;

  retain(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.dispose();
  }
}
