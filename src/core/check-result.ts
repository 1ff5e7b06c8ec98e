/** One thing that `chl verify` looked at. */
export interface CheckResult {
  /** What should be so: `the full-text index has the words of the entries`. */
  readonly check: string;
  /** What was looked at, or why it was not: for people. */
  readonly detail: string;
  /** One sentence each, the first few; empty when all is well. */
  readonly problems: readonly string[];
}
