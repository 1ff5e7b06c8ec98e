import type { VectorId } from '../ids.ts';
import type { NearestRows } from '../ports/vector-backend.ts';
import { RowScorer } from './row-scorer.ts';
import { Segment } from './segment.ts';
import { TopK } from './top-k.ts';

export interface GrowingSegmentOptions {
  readonly id: number;
  readonly maxRows: number;
  readonly dimension: number;
  /** Number of the growing log on disk that has, or will have, its first row. */
  readonly firstLog: number;
}

/**
 * Takes new vectors and is scanned exactly, so that a write is found by the very next search even
 * where sealed segments are approximate. When it is full it is frozen (nothing appends to it any
 * more), still scanned, and replaced by a sealed segment as soon as one has been built from it.
 *
 * Rows are in order of arrival, which is nearly but not always the order of ids.
 */
export class GrowingSegment extends Segment {
  readonly kind = 'flat';
  readonly firstLog: number;
  readonly ids: Float64Array;
  readonly vectors: Float32Array;
  readonly #dimension: number;
  #rows = 0;

  constructor({ id, maxRows, dimension, firstLog }: GrowingSegmentOptions) {
    super(id);
    this.firstLog = firstLog;
    this.#dimension = dimension;
    this.ids = new Float64Array(maxRows);
    this.vectors = new Float32Array(maxRows * dimension);
  }

  get rows(): number {
    return this.#rows;
  }

  get isFull(): boolean {
    return this.#rows === this.ids.length;
  }

  get memoryBytes(): number {
    return this.ids.byteLength + this.vectors.byteLength;
  }

  /** @returns its row */
  append(id: VectorId, vector: Float32Array): number {
    const row = this.#rows;
    this.ids[row] = id;
    this.vectors.set(vector, row * this.#dimension);
    this.#rows += 1;
    return row;
  }

  search(queries: Float32Array, count: number, k: number): NearestRows {
    const rows = new Int32Array(count * k);
    const scores = new Float32Array(count * k);
    const best = new TopK(k);
    const rowScores = new Float32Array(this.#rows);
    const scorer = RowScorer.for(this.#dimension);
    for (let query = 0; query < count; query += 1) {
      scorer.scoreRange(queries, query * this.#dimension, this.vectors, 0, this.#rows, rowScores);
      for (let row = 0; row < this.#rows; row += 1) best.offer(rowScores[row]!, row);
      const ranked = best.takeRanked();
      rows.set(ranked.ids, query * k);
      scores.set(ranked.scores, query * k);
    }
    return { rows, scores };
  }

  protected dispose(): void {
    // Plain arrays: the garbage collector has them.
  }
}
