/**
 * The port behind which a vector library lives (`adapters/index/*`).
 *
 * A backend turns a block of unit vectors into one immutable, searchable index and back from bytes.
 * It knows rows, not entries: row → vector id, tombstones and filters belong to the engine. It runs
 * inside the process that holds the index, so `search` is synchronous; the asynchronous boundary is
 * the index host (`index-host.ts`).
 *
 * The engine validates before it calls (dimension, finiteness, k <= rows): FAISS aborts the process
 * where another library would throw.
 */

export const BACKEND_NAMES = ['faiss-node', 'hnswlib-wasm', 'flat'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

export const INDEX_KINDS = ['flat', 'hnsw'] as const;
/** `flat` scans everything and is exact; `hnsw` is approximate and faster on large segments. */
export type IndexKind = (typeof INDEX_KINDS)[number];

export interface BackendCapabilities {
  readonly kinds: readonly IndexKind[];
  readonly runtimes: readonly ('node' | 'deno' | 'edge')[];
  /** A crash in it ends the process; it belongs in a child. */
  readonly nativeCode: boolean;
  /** `serialize` gives bytes that `load` accepts. When false the engine rebuilds it from the vectors. */
  readonly serializable: boolean;
}

/** M, efConstruction and efSearch of Malkov & Yashunin, arXiv:1603.09320. */
export interface HnswParameters {
  readonly m: number;
  readonly efConstruction: number;
  readonly efSearch: number;
}

export interface IndexParameters {
  readonly kind: IndexKind;
  readonly dimension: number;
  readonly hnsw: HnswParameters;
}

/**
 * The links of an HNSW graph where a library left them: whoever walks it over rows of its own needs no copy
 * of them. Nothing is aligned, all is little-endian, and nothing says that a place or a row is right.
 */
export interface HnswLinks {
  /** rows + 1 uint64: where each row's links begin, counted in links. */
  readonly starts: Uint8Array;
  /** Rows, int32 each, the layers of a row one after the other; a negative one ends a layer before its time. */
  readonly links: Uint8Array;
  /** Where each layer begins within the links of a row; one more than there are layers. */
  readonly layerStarts: Int32Array;
  readonly entryRow: number;
  readonly topLayer: number;
}

export interface NearestRows {
  /** count × k, row-major, best first; -1 where there is no further row. */
  readonly rows: Int32Array;
  /** count × k inner products; meaningless where the row is -1. */
  readonly scores: Float32Array;
  /** The scores are those of `dot`, to the last bit. Left out: near them. */
  readonly areExact?: boolean;
}

export interface BackendIndex {
  readonly rowCount: number;
  /** Heap and native memory it holds, in bytes, as far as it is known. */
  readonly memoryBytes: number;
  /**
   * @param queries count × dimension, row-major, finite
   * @param k 1 <= k <= rowCount
   */
  search(queries: Float32Array, count: number, k: number): NearestRows;
  /** The library's own bytes. Only called when `capabilities.serializable`. */
  serialize(): Promise<Uint8Array>;
  close(): void;
}

export interface VectorBackend {
  readonly name: BackendName;
  readonly capabilities: BackendCapabilities;
  /** @param vectors rows × dimension, row-major, finite, unit length; the backend may keep the array, never change it */
  build(vectors: Float32Array, parameters: IndexParameters): Promise<BackendIndex>;
  /**
   * An index from bytes `serialize` gave, checked by SHA-256 before they get here.
   * @param vectors the same rows, for backends that scan them
   */
  load(bytes: Uint8Array, vectors: Float32Array, parameters: IndexParameters): Promise<BackendIndex>;
  /**
   * The graph in what `serialize` of an `hnsw` index gave, as views of it; null where the library's form is its own affair.
   * @throws CORRUPT when it is not one of so many rows
   */
  linksOf(bytes: Uint8Array, rowCount: number, dimension: number): HnswLinks | null;
}
