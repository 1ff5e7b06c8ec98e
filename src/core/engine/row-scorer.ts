import { dot } from './distance.ts';
import { fitsKernel, instantiateKernel, type ScoreRows } from './dot-kernel.ts';

/** Rows are copied beside the kernel so many at a time: 96 kB with 384 dimensions stay in the cache. */
const ROWS_PER_BLOCK = 64;
const PAGE_BYTES = 65_536;

/**
 * Scores of chosen rows against one query, near enough to choose by: at most SCORE_TOLERANCE from
 * `dot`, which scores the chosen. Where there is no kernel they are `dot`'s own.
 *
 * One per dimension and thread: a call runs to its end before the next one begins.
 */
export class RowScorer {
  static readonly #byDimension = new Map<number, RowScorer>();
  readonly #dimension: number;
  readonly #kernel: ScoreRows | null;
  readonly #query: Float32Array;
  readonly #rows: Float32Array;
  readonly #scores: Float32Array;

  static for(dimension: number): RowScorer {
    let scorer = this.#byDimension.get(dimension);
    if (scorer === undefined) {
      scorer = new RowScorer(dimension);
      this.#byDimension.set(dimension, scorer);
    }
    return scorer;
  }

  private constructor(dimension: number) {
    this.#dimension = dimension;
    const floats = dimension * (1 + ROWS_PER_BLOCK) + ROWS_PER_BLOCK;
    const memory = new WebAssembly.Memory({ initial: Math.ceil((floats * 4) / PAGE_BYTES) });
    this.#kernel = fitsKernel(dimension) ? instantiateKernel(memory) : null;
    this.#query = new Float32Array(memory.buffer, 0, dimension);
    this.#rows = new Float32Array(memory.buffer, 4 * dimension, ROWS_PER_BLOCK * dimension);
    this.#scores = new Float32Array(memory.buffer, 4 * dimension * (1 + ROWS_PER_BLOCK), ROWS_PER_BLOCK);
  }

  /**
   * @param queryOffset first element of the query in `queries`
   * @param rows numbers of rows of `vectors`; neighbours that follow each other are copied together
   * @param scores takes the score of `rows[i]` at `scores[i]`
   */
  score(
    queries: Float32Array,
    queryOffset: number,
    vectors: Float32Array,
    rows: Uint32Array,
    scores: Float32Array,
  ): void {
    const dimension = this.#dimension;
    const kernel = this.#kernel;
    if (kernel === null) {
      rows.forEach((row, at) => {
        scores[at] = dot(queries, queryOffset, vectors, row * dimension, dimension);
      });
      return;
    }
    this.#query.set(queries.subarray(queryOffset, queryOffset + dimension));
    for (let from = 0; from < rows.length; from += ROWS_PER_BLOCK) {
      const count = Math.min(ROWS_PER_BLOCK, rows.length - from);
      this.#copy(vectors, rows, from, count);
      this.#runOn(kernel, count, scores, from);
    }
  }

  /** The same for the rows from `from` to before `to`; takes the score of row `from` at `scores[0]`. */
  scoreRange(
    queries: Float32Array,
    queryOffset: number,
    vectors: Float32Array,
    from: number,
    to: number,
    scores: Float32Array,
  ): void {
    const dimension = this.#dimension;
    const kernel = this.#kernel;
    if (kernel === null) {
      for (let row = from; row < to; row += 1) {
        scores[row - from] = dot(queries, queryOffset, vectors, row * dimension, dimension);
      }
      return;
    }
    this.#query.set(queries.subarray(queryOffset, queryOffset + dimension));
    for (let row = from; row < to; row += ROWS_PER_BLOCK) {
      const end = Math.min(row + ROWS_PER_BLOCK, to);
      this.#rows.set(vectors.subarray(row * dimension, end * dimension));
      this.#runOn(kernel, end - row, scores, row - from);
    }
  }

  /** The rows that lie beside the kernel. */
  #runOn(kernel: ScoreRows, count: number, scores: Float32Array, at: number): void {
    kernel(0, this.#rows.byteOffset, count, 4 * this.#dimension, this.#scores.byteOffset);
    scores.set(count === ROWS_PER_BLOCK ? this.#scores : this.#scores.subarray(0, count), at);
  }

  #copy(vectors: Float32Array, rows: Uint32Array, from: number, count: number): void {
    const dimension = this.#dimension;
    for (let at = 0; at < count;) {
      const first = rows[from + at]!;
      let run = 1;
      while (at + run < count && rows[from + at + run] === first + run) run += 1;
      this.#rows.set(vectors.subarray(first * dimension, (first + run) * dimension), at * dimension);
      at += run;
    }
  }
}
