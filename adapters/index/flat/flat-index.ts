import { RowScorer } from '../../../src/core/engine/row-scorer.ts';
import { TopK } from '../../../src/core/engine/top-k.ts';
import type { BackendIndex, NearestRows } from '../../../src/core/ports/vector-backend.ts';

/** Rows whose scores are held before they are ranked: 4 kB of them. */
const SCORED_AT_ONCE = 1_024;

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
    const blockScores = new Float32Array(Math.min(SCORED_AT_ONCE, this.rowCount));
    for (let query = 0; query < count; query += 1) {
      this.#scan(queries, query * this.#dimension, blockScores, best);
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

  /** Scores by the kernel: within the port's tolerance of the product in doubles, in a fifth of its time. */
  #scan(queries: Float32Array, queryOffset: number, blockScores: Float32Array, best: TopK): void {
    const scorer = RowScorer.for(this.#dimension);
    for (let from = 0; from < this.rowCount; from += SCORED_AT_ONCE) {
      const to = Math.min(from + SCORED_AT_ONCE, this.rowCount);
      scorer.scoreRange(queries, queryOffset, this.#vectors, from, to, blockScores);
      for (let row = from; row < to; row += 1) {
        const score = blockScores[row - from]!;
        if (score >= best.threshold) best.offer(score, row);
      }
    }
  }
}
