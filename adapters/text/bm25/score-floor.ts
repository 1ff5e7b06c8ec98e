/** So many steps between 0 and the highest possible score; a step too low costs a few candidates more. */
const STEPS = 512;

/** Scores are float32: what follows from them is trusted beyond this share only. */
export const ROUNDING = 1e-4;

/**
 * A score that at least `count` of the documents reach, near the best such: a histogram, which looks at
 * every score once and needs no order among them.
 */
export class ScoreFloor {
  readonly #histogram = new Uint32Array(STEPS);

  /**
   * @param scores by document, each positive and at most `scoreMax`
   * @param docs the first `docCount` of these
   * @returns 0 when there are fewer than `count`
   */
  of(scores: Float32Array, docs: Uint32Array, docCount: number, count: number, scoreMax: number): number {
    if (docCount < count) return 0;
    const histogram = this.#histogram.fill(0);
    // Rounding may lift a sum above its bound.
    const scale = (STEPS / scoreMax) * (1 - ROUNDING);
    for (let at = 0; at < docCount; at += 1) histogram[(scores[docs[at]!]! * scale) | 0]! += 1;
    let step = STEPS - 1;
    for (let above = histogram[step]!; above < count; above += histogram[step]!) step -= 1;
    return (step / scale) * (1 - ROUNDING);
  }
}
