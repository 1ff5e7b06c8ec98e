import type { Candidate } from './retrieval.ts';

export interface SessionRanking {
  readonly hide: boolean;
  readonly downrank: boolean;
  /** What a viewed entry's score is multiplied by. */
  readonly factor: number;
}

/** Takes what a session has viewed out of the list, or moves it down. */
export function rankForSession(
  candidates: readonly Candidate[],
  viewed: ReadonlySet<number>,
  { hide, downrank, factor }: SessionRanking,
): { readonly candidates: readonly Candidate[]; readonly applied: boolean } {
  const isViewed = ({ key }: Candidate): boolean => viewed.has(key);
  if (!(hide || downrank) || !candidates.some(isViewed)) return { candidates, applied: false };
  if (hide) return { candidates: candidates.filter((candidate) => !isViewed(candidate)), applied: true };
  const ranked = candidates.map((candidate) =>
    isViewed(candidate) ? { ...candidate, score: candidate.score * factor } : candidate,
  );
  ranked.sort((a, b) => b.score - a.score); // stable: equal scores keep the engine's order
  return { candidates: ranked, applied: true };
}
