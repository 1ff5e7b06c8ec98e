/** What the ranking depends on; the defaults were chosen on held-out pseudo-queries (bench/quality/README.md). */
export interface Bm25Parameters {
  /** What one occurrence in a field counts; integers, so that a posting's weight is a byte. */
  readonly headingWeight: number;
  readonly bodyWeight: number;
  /** How soon more occurrences of a word stop mattering. */
  readonly k1: number;
  /** How much a long text is held against it, 0–1. */
  readonly b: number;
  /** Share of its idf that a technical name or an option adds as a whole, beside its words. */
  readonly wholeShare: number;
  /** Share of its idf that a corrected word counts. */
  readonly correctionShare: number;
  /** Share of the smaller idf that two neighbours of the query add where they are neighbours in the text. */
  readonly pairShare: number;
}

export const DEFAULT_PARAMETERS: Bm25Parameters = {
  k1: 1.8,
  b: 0.75,
  headingWeight: 2,
  bodyWeight: 1,
  wholeShare: 0.5,
  correctionShare: 0.9,
  pairShare: 0.3,
};
