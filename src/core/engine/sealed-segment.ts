import type {
  BackendIndex,
  BackendName,
  HnswLinks,
  HnswParameters,
  IndexKind,
  NearestRows,
} from '../ports/vector-backend.ts';
import { scanNearest } from './exact-scan.ts';
import { walkNearest } from './graph-walk.ts';
import type { QuantisedRows } from './quantised-rows.ts';
import { Segment, type SegmentRequest } from './segment.ts';

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
  /** Null where the engine searches the rows itself: a library's index has a second copy of them. */
  readonly index: BackendIndex | null;
  /** The same rows, where the engine searches them. */
  readonly quantised: QuantisedRows | null;
  /** What it walks them by; null: it scans them, or has `index` search. */
  readonly graph: HnswLinks | null;
  readonly hnsw: HnswParameters;
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
  readonly #graph: HnswLinks | null;
  readonly #hnsw: HnswParameters;

  constructor(id: number, parts: SealedSegmentParts) {
    super(id);
    this.kind = parts.kind;
    this.ids = parts.ids;
    this.vectors = parts.vectors;
    this.quantised = parts.quantised;
    this.file = parts.file;
    this.backend = parts.backend;
    this.#index = parts.index;
    this.#graph = parts.graph;
    this.#hnsw = parts.hnsw;
  }

  get rows(): number {
    return this.ids.length;
  }

  /** Ids, vectors and graph are views of the whole file, which stays with them. */
  get memoryBytes(): number {
    const buffers = new Set([this.ids.buffer, this.vectors.buffer]);
    const heldBytes = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
    return heldBytes + (this.quantised?.memoryBytes ?? 0) + (this.#index?.memoryBytes ?? 0);
  }

  search(request: SegmentRequest): NearestRows {
    const { quantised, vectors, rows } = this;
    if (quantised === null && this.#index !== null) {
      const { queries, count, k, breadth } = request;
      // What a library finds depends on how much it is asked for.
      return this.#index.search(queries, count, this.kind === 'flat' ? k : breadth);
    }
    const searched = { quantised, vectors, dimension: vectors.length / rows, rowCount: rows };
    const graph = this.#graph;
    return quantised === null || graph === null
      ? scanNearest(searched, request)
      : walkNearest({ ...searched, quantised, graph, hnsw: this.#hnsw }, request);
  }

  protected dispose(): void {
    this.#index?.close();
  }
}
