import type { BackendIndex, BackendName, IndexKind, NearestRows } from '../ports/vector-backend.ts';
import { scanNearest } from './exact-scan.ts';
import type { QuantisedRows } from './quantised-rows.ts';
import { Segment } from './segment.ts';

/** The file a sealed segment was loaded from, and is saved under in every later snapshot. */
export interface SegmentFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface SealedSegmentParts {
  /** Whose index the file holds. */
  readonly backend: BackendName;
  readonly kind: IndexKind;
  /** Ascending. */
  readonly ids: Float64Array;
  /** ids.length × dimension, row-major. Kept beside the index: for rescoring and filtered scans. */
  readonly vectors: Float32Array;
  /** Null where the engine scans the rows itself: a library's flat index is a second copy of them. */
  readonly index: BackendIndex | null;
  /** The same rows, where the segment is scanned: `flat`, and the kernel can run. */
  readonly quantised: QuantisedRows | null;
  readonly file: SegmentFile;
}

/** Immutable: built once, written, loaded, and only ever replaced as a whole. */
export class SealedSegment extends Segment {
  readonly kind: IndexKind;
  readonly ids: Float64Array;
  readonly vectors: Float32Array;
  readonly quantised: QuantisedRows | null;
  readonly file: SegmentFile;
  readonly backend: BackendName;
  readonly #index: BackendIndex | null;

  constructor(id: number, parts: SealedSegmentParts) {
    super(id);
    this.kind = parts.kind;
    this.ids = parts.ids;
    this.vectors = parts.vectors;
    this.quantised = parts.quantised;
    this.file = parts.file;
    this.backend = parts.backend;
    this.#index = parts.index;
  }

  get rows(): number {
    return this.ids.length;
  }

  /** Ids and vectors are views of the whole file, which stays with them: a graph's bytes, too. */
  get memoryBytes(): number {
    const buffers = new Set([this.ids.buffer, this.vectors.buffer]);
    const heldBytes = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
    return heldBytes + (this.quantised?.memoryBytes ?? 0) + (this.#index?.memoryBytes ?? 0);
  }

  search(queries: Float32Array, count: number, k: number, floors?: Float32Array): NearestRows {
    const { quantised, vectors, rows } = this;
    if (quantised === null && this.#index !== null) return this.#index.search(queries, count, k);
    const dimension = vectors.length / rows;
    return scanNearest({ quantised, vectors, dimension, rowCount: rows }, { queries, count, k, floors });
  }

  protected dispose(): void {
    this.#index?.close();
  }
}
