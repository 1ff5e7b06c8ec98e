/** The size of a segment for which a breadth is configured. */
const CONFIGURED_FOR_ROWS = 100_000;
/**
 * The larger a graph is, the more broadly it has to be searched for the same recall. Recall@10 at a breadth of
 * 64, 72, 80, 96 (real vectors of 384 dimensions, m 32): 0.993, 0.995, 0.996, 0.997 among 20,000; 0.986, 0.987, 0.988,
 * 0.991 among 100,000.
 */
const EXPONENT = 1 / 6;

/**
 * How broadly a graph of so many rows is searched (efSearch of Malkov & Yashunin, arXiv:1603.09320).
 * @param configured what 100,000 rows are given
 */
export const efSearchFor = (rows: number, configured: number): number =>
  Math.ceil(configured * (rows / CONFIGURED_FOR_ROWS) ** EXPONENT);
