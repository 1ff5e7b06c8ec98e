import type { VectorId } from '../ids.ts';
import type { ScanKernels } from '../ports/scan-kernel.ts';
import type { NearestRows } from '../ports/vector-backend.ts';
import { scanNearest } from './exact-scan.ts';
import { QuantisedRows } from './quantised-rows.ts';
import { Segment, type SegmentRequest } from './segment.ts';

export interface GrowingSegmentOptions {
  readonly id: number;
  readonly maxRows: number;
  readonly dimension: number;
  readonly kernels: ScanKernels;
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
  readonly quantised: QuantisedRows | null;
  readonly #dimension: number;
  #rows = 0;

  constructor({ id, maxRows, dimension, kernels, firstLog }: GrowingSegmentOptions) {
    super(id);
    this.firstLog = firstLog;
    this.#dimension = dimension;
    this.ids = new Float64Array(maxRows);
    this.vectors = new Float32Array(maxRows * dimension);
    this.quantised = QuantisedRows.create(dimension, maxRows, kernels);
  }

  get rows(): number {
    return this.#rows;
  }

  get isFull(): boolean {
    return this.#rows === this.ids.length;
  }

  get memoryBytes(): number {
    return this.ids.byteLength + this.vectors.byteLength + (this.quantised?.memoryBytes ?? 0);
  }

  /** @returns its row */
  append(id: VectorId, vector: Float32Array): number {
    const row = this.#rows;
    this.ids[row] = id;
    this.vectors.set(vector, row * this.#dimension);
    this.quantised?.append(vector, 0);
    this.#rows += 1;
    return row;
  }

  search(request: SegmentRequest): NearestRows {
    const { quantised, vectors, rows } = this;
    const scanned = { quantised, vectors, dimension: this.#dimension, rowCount: rows };
    return scanNearest(scanned, request);
  }

  protected dispose(): void {
    // Plain arrays: the garbage collector has them.
  }
}
