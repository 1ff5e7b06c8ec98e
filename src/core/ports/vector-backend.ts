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
}
