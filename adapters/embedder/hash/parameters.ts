/** Weights of the features; chosen on held-out pseudo-queries (bench/quality/README.md). A change of any is a new revision. */
export interface HashParameters {
  readonly dimension: number;
  /** What one occurrence counts. */
  readonly headingWeight: number;
  readonly bodyWeight: number;
  /** Weight of a word by what kind of word it is; any other weighs 1. */
  readonly stopWordWeight: number;
  readonly commonWordWeight: number;
  /** All character n-grams of a word together, next to 1 for its stem. */
  readonly gramWeight: number;
  /** A technical name or option as a whole, beside its words. */
  readonly wholeWeight: number;
  /** Two words side by side. */
  readonly pairWeight: number;
}

export const DEFAULT_PARAMETERS: HashParameters = {
  dimension: 384,
  headingWeight: 2,
  bodyWeight: 1,
  stopWordWeight: 0.05,
  commonWordWeight: 0.6,
  gramWeight: 1,
  wholeWeight: 0.5,
  pairWeight: 0.4,
};
