/** A distribution as plain data, so that it can cross processes. */
export interface HistogramFigures {
  /** Upper bounds, ascending; one more bucket holds everything above the last. */
  readonly bounds: readonly number[];
  /** How many values fell into each bucket: `bounds.length + 1` numbers, not cumulative. */
  readonly counts: readonly number[];
  /** Of all values. */
  readonly sum: number;
}

/** Milliseconds: from a scan of a small index to a search behind a long queue. */
export const DURATION_BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000];

/** Members of a batch or a group. */
export const SIZE_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** Counts values into buckets; an observation is a few comparisons and no allocation. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = [...bounds, Infinity].map(() => 0);
  }

  observe(value: number): void {
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const bucket = found < 0 ? this.#bounds.length : found;
    this.#counts[bucket]! += 1;
    this.#sum += value;
  }

  figures(): HistogramFigures {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum };
  }
}
