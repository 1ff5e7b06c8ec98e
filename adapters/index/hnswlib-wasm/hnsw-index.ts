import type { BackendIndex, NearestRows } from '../../../src/core/ports/vector-backend.ts';
import type { HnswGraph } from './hnsw-graph.ts';

export class HnswIndex implements BackendIndex {
  readonly rowCount: number;
  readonly #dimension: number;
  readonly #graph: HnswGraph;

  constructor(graph: HnswGraph, rowCount: number, dimension: number) {
    this.#graph = graph;
    this.rowCount = rowCount;
    this.#dimension = dimension;
  }

  get memoryBytes(): number {
    return this.#graph.memoryBytes;
  }

  search(queries: Float32Array, count: number, k: number): NearestRows {
    const rows = new Int32Array(count * k).fill(-1);
    const scores = new Float32Array(count * k);
    for (let query = 0; query < count; query += 1) {
      const start = query * this.#dimension;
      const found = this.#graph.search(queries.subarray(start, start + this.#dimension), k);
      rows.set(found.neighbors, query * k);
      for (const [place, distance] of found.distances.entries()) scores[query * k + place] = 1 - distance;
    }
    return { rows, scores };
  }

  serialize(): Promise<Uint8Array> {
    return Promise.resolve(this.#graph.toBytes());
  }

  close(): void {
    this.#graph.close();
  }
}
