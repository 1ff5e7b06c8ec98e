import type { BackendIndex, BackendName, IndexKind, NearestRows } from '../ports/vector-backend.ts';
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
  readonly index: BackendIndex;
  readonly file: SegmentFile;
}

/** Immutable: built once, written, loaded, and only ever replaced as a whole. */
export class SealedSegment extends Segment {
  readonly kind: IndexKind;
  readonly ids: Float64Array;
  readonly vectors: Float32Array;
  readonly file: SegmentFile;
  readonly backend: BackendName;
  readonly #index: BackendIndex;

  constructor(id: number, parts: SealedSegmentParts) {
    super(id);
    this.kind = parts.kind;
    this.ids = parts.ids;
    this.vectors = parts.vectors;
    this.file = parts.file;
    this.backend = parts.backend;
    this.#index = parts.index;
  }

  get rows(): number {
    return this.ids.length;
  }

  get memoryBytes(): number {
    return this.ids.byteLength + this.vectors.byteLength + this.#index.memoryBytes;
  }

  search(queries: Float32Array, count: number, k: number): NearestRows {
    return this.#index.search(queries, count, k);
  }

  protected dispose(): void {
    this.#index.close();
  }
}
