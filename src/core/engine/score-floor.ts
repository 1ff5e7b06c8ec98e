/** Scores of unit vectors lie between -1 and 1; a bin is 0.0005 wide, far below what a byte rounds away. */
const BINS = 4_096;
const BINS_PER_UNIT = BINS / 2;

/**
 * A score that at least `k` of those seen so far reach, at most one bin below the k-th best: by counting,
 * so a score costs 3 ns where a heap takes 100.
 */
export class ScoreFloor {
  readonly #counts = new Uint32Array(BINS);
  #k = 1;
  #least = -Infinity;
  /** The lowest bin that still matters. */
  #bin = 0;
  /** Scores in it and above. */
  #above = 0;

  /** Nothing is seen yet. @param least what is asked for beforehand */
  start(k: number, least: number): void {
    this.#k = k;
    this.#least = least;
    this.#counts.fill(0);
    this.#bin = 0;
    this.#above = 0;
  }

  /** Bin 0 has no lower edge: what is below -1 falls into it, too. */
  get value(): number {
    if (this.#above < this.#k || this.#bin === 0) return this.#least;
    return Math.max(this.#least, this.#bin / BINS_PER_UNIT - 1);
  }

  add(score: number): void {
    const bin = Math.max(0, Math.min(BINS - 1, Math.floor((score + 1) * BINS_PER_UNIT)));
    if (bin < this.#bin) return;
    this.#counts[bin]! += 1;
    this.#above += 1;
    while (this.#above - this.#counts[this.#bin]! >= this.#k) {
      this.#above -= this.#counts[this.#bin]!;
      this.#bin += 1;
    }
  }
}
