import { dot } from '../../../src/core/engine/distance.ts';
import { TopK } from '../../../src/core/engine/top-k.ts';
import type { BackendIndex, NearestRows } from '../../../src/core/ports/vector-backend.ts';

/** Exact inner-product search by a scan over the rows where they already lie. */
export class FlatIndex implements BackendIndex {
  readonly rowCount: number;
  /** The rows belong to the segment, which counts them. */
  readonly memoryBytes = 0;
  readonly #dimension: number;
  #vectors: Float32Array;

  /** @param vectors rows × dimension, row-major; kept, not copied */
  constructor(vectors: Float32Array, dimension: number) {
    this.rowCount = vectors.length / dimension;
    this.#dimension = dimension;
    this.#vectors = vectors;
  }

  search(queries: Float32Array, count: number, k: number): NearestRows {
    const rows = new Int32Array(count * k);
    const scores = new Float32Array(count * k);
    const best = new TopK(k);
    for (let query = 0; query < count; query += 1) {
      this.#scan(queries, query * this.#dimension, best);
      const ranked = best.takeRanked();
      rows.set(ranked.ids, query * k);
      scores.set(ranked.scores, query * k);
    }
    return { rows, scores };
  }

  /** The index is its vectors, and those are stored already. */
  serialize(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(0));
  }

  close(): void {
    this.#vectors = new Float32Array(0);
  }

  #scan(queries: Float32Array, queryOffset: number, best: TopK): void {
    const vectors = this.#vectors;
    const dimension = this.#dimension;
    for (let row = 0, offset = 0; row < this.rowCount; row += 1, offset += dimension) {
      const score = dot(queries, queryOffset, vectors, offset, dimension);
      if (score >= best.threshold) best.offer(score, row);
    }
  }
}
