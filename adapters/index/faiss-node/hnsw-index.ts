import type { BackendIndex, NearestRows } from '../../../src/core/ports/vector-backend.ts';
import type { FlatIndex } from '../flat/flat-index.ts';
import type { FaissIndex } from './faiss-index.ts';

/**
 * How far beyond `efSearch` FAISS is asked: it stops looking once efSearch rows are nearer than the
 * one it is at, so a list loses its end however many rows are asked for. Recall of the whole list at
 * k = 100, 200, 400 with efSearch 64: 0.97, 0.86, 0.69 (20,000 × 384 real vectors, m 32); the first
 * ten stay at 0.996.
 */
const K_PER_EF_SEARCH = 2;

/** A graph for the usual short list; an exact scan for the long ones that rare filters ask for. */
export class HnswIndex implements BackendIndex {
  readonly rowCount: number;
  readonly memoryBytes: number;
  readonly #graph: FaissIndex;
  readonly #rows: FlatIndex;
  readonly #graphKMax: number;

  /** @param rows the graph's own rows, shared with the segment they belong to */
  constructor(graph: FaissIndex, rows: FlatIndex, efSearch: number) {
    this.rowCount = graph.rowCount;
    this.memoryBytes = graph.memoryBytes;
    this.#graph = graph;
    this.#rows = rows;
    this.#graphKMax = K_PER_EF_SEARCH * efSearch;
  }

  search(queries: Float32Array, count: number, k: number): NearestRows {
    return (k <= this.#graphKMax ? this.#graph : this.#rows).search(queries, count, k);
  }

  serialize(): Promise<Uint8Array> {
    return this.#graph.serialize();
  }

  close(): void {
    this.#graph.close();
    this.#rows.close();
  }
}
