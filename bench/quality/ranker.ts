/** Something that answers a query with refs, best first. */
export interface Ranker {
  readonly name: string;
  /**
   * @param category null for all of them
   * @returns at most RANKED_DEPTH refs
   */
  rank(query: string, category: string | null): Promise<readonly string[]>;
}

export const RANKED_DEPTH = 10;

export interface Quality {
  /** Share of the queries whose entry is among the first ten. */
  readonly recallAt10: number;
  /** Mean of 1 / place of that entry, 0 when it is not among the first ten. */
  readonly mrrAt10: number;
}

/** @param places from 1; null when the entry was not among the first ten */
export function quality(places: readonly (number | null)[]): Quality {
  const found = places.filter((place) => place !== null);
  return {
    recallAt10: found.length / places.length,
    mrrAt10: found.reduce((sum, place) => sum + 1 / place, 0) / places.length,
  };
}
