import { FUSION_DEPTH } from '../core/engine/fusion.ts';
import type { EntryFilter } from '../core/filter.ts';
import type { Seq } from '../core/ids.ts';
import type { Cancellable } from './cancellation.ts';
import type { SearchRequest } from './contract/search.ts';
import type { EntrySource } from './entry-cache.ts';
import { takeLive, type Hit } from './live-entries.ts';
import type { SessionOptions } from './options.ts';
import type { CandidateList, Retrieval } from './retrieval.ts';
import type { ServiceRecorder } from './service-recorder.ts';
import { rankForSession } from './session-ranking.ts';

export interface PageParts {
  readonly entries: Pick<EntrySource, 'entriesOf'>;
  readonly retrieval: Retrieval;
  readonly recorder: ServiceRecorder;
  readonly sessionOptions: SessionOptions;
}

export interface PageQuery {
  readonly request: SearchRequest;
  readonly filter: EntryFilter;
  readonly minSeq: Seq;
  /** Keys of what the session has seen. */
  readonly viewed: ReadonlySet<number>;
  readonly asker: Cancellable;
}

export interface Page {
  readonly list: CandidateList;
  readonly hits: readonly Hit[];
  /** Candidates on all pages. */
  readonly total: number;
  readonly topScore: number | null;
  readonly sessionApplied: boolean;
}

/** Lists are this deep on every page, so a later page never reorders an earlier one; also the cap of `total`. */
const SEARCH_DEPTH = FUSION_DEPTH;

/** The hits of the page asked for. Of the list of candidates only what the page needs leaves the index. */
export async function findPage(parts: PageParts, query: PageQuery): Promise<Page> {
  const page = await pageWithin(parts, query, neededCandidates(query));
  const isShort = page.hits.length < query.request.limit;
  // Entries died since the index learned of them; what takes their place is further down the list.
  return isShort && isCut(page.list) ? pageWithin(parts, query, SEARCH_DEPTH) : page;
}

/** The page and what lies before it; the whole list where the session or a least score changes it. */
function neededCandidates({ request, viewed }: PageQuery): number {
  const movesViewed = viewed.size > 0 && (request.hide_viewed || request.downrank_viewed);
  if (movesViewed || (request.min_score ?? 0) > 0) return SEARCH_DEPTH;
  return Math.min(request.offset + request.limit, SEARCH_DEPTH);
}

const isCut = ({ candidates, total }: CandidateList): boolean => candidates.length < total;

/** @param count how many of the first candidates to look at */
async function pageWithin(
  { entries, retrieval, recorder, sessionOptions }: PageParts,
  { request, filter, minSeq, viewed, asker }: PageQuery,
  count: number,
): Promise<Page> {
  const list = await retrieval.candidates({
    words: request.query,
    mode: request.mode ?? 'hybrid',
    filter,
    depth: SEARCH_DEPTH,
    count,
    minSeq,
    asker,
  });
  const ranked = rankForSession(list.candidates, viewed, {
    hide: request.hide_viewed,
    downrank: request.downrank_viewed,
    factor: sessionOptions.viewedFactor,
  });
  const candidates = ranked.candidates.filter(({ score }) => score >= (request.min_score ?? 0));
  const hits = await recorder.time('fetch', () =>
    takeLive(entries, candidates.slice(request.offset), filter, request.limit),
  );
  return {
    list,
    hits,
    // Whatever leaves candidates out was given the whole list.
    total: isCut(list) ? list.total : candidates.length,
    topScore: candidates[0]?.score ?? null,
    sessionApplied: ranked.applied,
  };
}
