import type { SearchRequest, SearchResult } from './contract/search.ts';
import { bodyFields, bodyOf, isoTime, sectionOf, titleOf } from './entry-views.ts';
import { reasonOf, type Hit } from './live-entries.ts';
import type { CandidateList } from './retrieval.ts';
import { makeSnippet } from './snippet.ts';

export interface ResultShape {
  readonly request: SearchRequest;
  readonly list: CandidateList;
  readonly rank: number;
  readonly viewed: ReadonlySet<number>;
}

/** A hit as the answer shows it. */
export function searchResultOf(
  { entry, candidate }: Hit,
  { request, list, rank, viewed }: ResultShape,
): SearchResult {
  const { text, heading } = makeSnippet(bodyOf(entry), request.query, request.snippet_len);
  const body = bodyFields(entry, new Set(request.fields ?? []));
  return {
    entity_id: entry.id,
    entity_type: entry.type,
    category_code: entry.categoryCode,
    title: titleOf(entry),
    section: sectionOf(entry),
    score: candidate.score,
    scores: { vector: candidate.vector, text: candidate.text },
    rank,
    reason: reasonOf(candidate),
    provider: list.provider,
    degraded: list.degraded,
    hint: list.hint,
    heading,
    snippet: text,
    viewed: viewed.has(entry.key),
    tags: [...entry.tags],
    author: entry.author,
    source: entry.source,
    updated_at: isoTime(entry.updatedAtMs),
    ...(Object.keys(body).length === 0 ? {} : { body: body as NonNullable<SearchResult['body']> }),
  };
}
