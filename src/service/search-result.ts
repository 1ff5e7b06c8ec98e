import type { SearchRequest, SearchResult } from './contract/search.ts';
import { bodyFields, bodyOf, isoTime, sectionOf, titleOf } from './entry-views.ts';
import { reasonOf, type Hit } from './live-entries.ts';
import type { CandidateList } from './retrieval.ts';
import { Snippets } from './snippet.ts';

export interface ResultShape {
  readonly request: SearchRequest;
  readonly list: CandidateList;
  readonly viewed: ReadonlySet<number>;
}

/** The hits of one page as the answer shows them. */
export function searchResultsOf(
  hits: readonly Hit[],
  { request, list, viewed }: ResultShape,
): SearchResult[] {
  const snippets = new Snippets(request.query, request.snippet_len);
  const fields: ReadonlySet<string> = new Set(request.fields);
  return hits.map(({ entry, candidate }, place): SearchResult => {
    const { text, heading } = snippets.of(bodyOf(entry));
    const result: SearchResult = {
      entity_id: entry.id,
      entity_type: entry.type,
      category_code: entry.categoryCode,
      title: titleOf(entry),
      section: sectionOf(entry),
      score: candidate.score,
      scores: { vector: candidate.vector, text: candidate.text },
      rank: request.offset + place,
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
    };
    const body = bodyFields(entry, fields);
    if (Object.keys(body).length > 0) result.body = body as NonNullable<SearchResult['body']>;
    return result;
  });
}
