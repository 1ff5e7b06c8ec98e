/**
 * When to merge sealed segments, and which. Tiered, as in O'Neil et al., "The log-structured
 * merge-tree" (1996): a segment belongs to the tier of its size, each tier FAN_OUT times the one
 * below; when a tier has FAN_OUT segments they become one of the next.
 *
 * So n vectors lie in at most (FAN_OUT − 1) · log_FAN_OUT(n / base) segments, plus the last, and each
 * vector is rewritten once per tier: with 1,000 rows as base, three times on the way to a million.
 */
export const FAN_OUT = 8;

export interface MergeCandidate {
  readonly id: number;
  readonly liveRows: number;
}

/**
 * The segments to merge next, or null when there is nothing to do. The smallest full tier first: it
 * is the cheapest, and what it makes may fill the next.
 *
 * @param baseRows rows of a segment as it is sealed
 */
export function chooseMerge(segments: readonly MergeCandidate[], baseRows: number): readonly number[] | null {
  const tiers = new Map<number, number[]>();
  for (const segment of segments) {
    const tier = tierOf(segment.liveRows, baseRows);
    tiers.set(tier, [...(tiers.get(tier) ?? []), segment.id]);
  }
  const full = [...tiers]
    .filter(([, ids]) => ids.length >= FAN_OUT)
    .toSorted(([one], [other]) => one - other);
  return full[0]?.[1].slice(0, FAN_OUT) ?? null;
}

function tierOf(liveRows: number, baseRows: number): number {
  let tier = 0;
  // A merge of FAN_OUT full segments that have lost some rows must still count as one tier up.
  for (let limit = (baseRows * FAN_OUT) / 2; liveRows >= limit; limit *= FAN_OUT) tier += 1;
  return tier;
}
