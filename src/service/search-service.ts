import { toChlError } from '../core/errors.ts';
import { FUSION_DEPTH } from '../core/engine/fusion.ts';
import type { EntryFilter } from '../core/filter.ts';
import type { CatalogReader } from '../core/ports/catalog.ts';
import type { IndexCollection } from '../core/ports/index-host.ts';
import type {
  DuplicatesRequest,
  DuplicatesResponse,
  SearchHealthResponse,
  SearchRequest,
  SearchResponse,
  SearchResult,
} from './contract/search.ts';
import { searchFilters } from './contract/search.ts';
import type { CategoryDirectory } from './category-directory.ts';
import { REVIEW_FIRST_SIMILARITY, SIMILAR_SIMILARITY, type DuplicateFinder } from './duplicate-finder.ts';
import type { EmbeddingGateway } from './embedding-gateway.ts';
import { bodyFields, bodyOf, isoTime, sectionOf, titleOf } from './entry-views.ts';
import { reasonOf, takeLive, type Hit } from './live-entries.ts';
import type { SessionOptions } from './options.ts';
import type { RequestContext } from './request-context.ts';
import type { CandidateList, Retrieval } from './retrieval.ts';
import type { SeqTokens } from './seq-token.ts';
import { rankForSession } from './session-ranking.ts';
import type { SessionStore } from './session-store.ts';
import type { SearchService } from './services.ts';
import { makeSnippet } from './snippet.ts';

export interface SearchParts {
  readonly reader: CatalogReader;
  readonly collection: IndexCollection;
  readonly retrieval: Retrieval;
  readonly duplicateFinder: DuplicateFinder;
  readonly gateway: EmbeddingGateway;
  readonly categories: CategoryDirectory;
  readonly sessions: SessionStore;
  readonly seqTokens: SeqTokens;
  readonly sessionOptions: SessionOptions;
}

/** Lists are this deep on every page, so a later page never reorders an earlier one; also the cap of `total`. */
const SEARCH_DEPTH = FUSION_DEPTH;

export class Search implements SearchService {
  readonly #parts: SearchParts;

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  async search(request: SearchRequest, context: RequestContext): Promise<SearchResponse> {
    const { reader, retrieval, categories, seqTokens } = this.#parts;
    if (hasValue(request.category)) await categories.require(request.category);
    const filter = filterOf(request);
    const list = await retrieval.candidates({
      words: request.query,
      mode: request.mode ?? 'hybrid',
      filter,
      depth: SEARCH_DEPTH,
      minSeq: await seqTokens.parse(context.minSeq),
    });
    const viewed = this.#viewedKeys(request, context);
    const ranked = rankForSession(list.candidates, viewed, {
      hide: request.hide_viewed,
      downrank: request.downrank_viewed,
      factor: this.#parts.sessionOptions.viewedFactor,
    });
    const candidates = ranked.candidates.filter(({ score }) => score >= (request.min_score ?? 0));
    const hits = await takeLive(reader, candidates.slice(request.offset), filter, request.limit);
    return {
      results: hits.map((hit, place) => resultOf(hit, { request, list, rank: request.offset + place, viewed })),
      count: hits.length,
      total: candidates.length,
      has_more: request.offset + hits.length < candidates.length && hits.length === request.limit,
      top_score: candidates[0]?.score ?? null,
      warnings: [...unknownFilters(request), ...(list.hint === null ? [] : [list.hint])],
      session_applied: ranked.applied,
      mode: list.mode,
      degraded: list.degraded,
    };
  }

  async duplicates(request: DuplicatesRequest, _context: RequestContext): Promise<DuplicatesResponse> {
    const { categories, gateway, duplicateFinder } = this.#parts;
    const category = request.category_code ?? null;
    if (category !== null) await categories.require(category);
    const [embedding] = await gateway.passages([{ heading: request.title, body: request.content }]);
    if (embedding === undefined || embedding.vector === null) {
      return nothingFound(`Similar entries were not looked for: ${embedding?.reason ?? 'no embedding'}`);
    }
    try {
      const candidates = await duplicateFinder.find({
        type: request.entity_type,
        category,
        vector: embedding.vector,
        limit: request.limit,
        threshold: request.threshold ?? SIMILAR_SIMILARITY,
      });
      const reviewFirst = (candidates[0]?.score ?? 0) >= REVIEW_FIRST_SIMILARITY;
      return { candidates: [...candidates], count: candidates.length, ...(reviewFirst ? { recommendation: 'review_first' } : {}) };
    } catch (error) {
      const failure = toChlError(error);
      if (failure.code !== 'UNAVAILABLE') throw failure;
      return nothingFound(`Similar entries were not looked for: ${failure.message}`);
    }
  }

  async health(): Promise<SearchHealthResponse> {
    const { reader, collection, gateway } = this.#parts;
    const [counts, status] = await Promise.all([reader.counts(), collection.status()]);
    const { experiences, skills, embedding } = counts;
    return {
      totals: { experiences, skills },
      embedding_status: { ...embedding },
      faiss: {
        available: status.state === 'ready',
        model: gateway.embedder.fingerprint.name,
        dimension: status.dimension,
        vectors: status.vectors,
        tombstone_ratio: status.tombstoneRatio,
        needs_rebuild: status.needsRebuild,
        backend: status.backend,
      },
      warnings: [
        ...(status.state === 'ready' ? [] : [`The index is ${status.state}: searches answer by text.`]),
        ...(embedding.pending > 0 ? [`${embedding.pending} entries wait for their embedding; text finds them.`] : []),
        ...(embedding.failed > 0 ? [`${embedding.failed} entries could not be embedded; text finds them.`] : []),
        ...(gateway.failure === null ? [] : [`The embedder failed: ${gateway.failure}`]),
      ],
    };
  }

  #viewedKeys(request: SearchRequest, context: RequestContext): ReadonlySet<number> {
    const sessionId = context.sessionId ?? request.session_id ?? null;
    return sessionId === null ? new Set() : this.#parts.sessions.viewedKeys(sessionId);
  }
}

interface ResultShape {
  readonly request: SearchRequest;
  readonly list: CandidateList;
  readonly rank: number;
  readonly viewed: ReadonlySet<number>;
}

function resultOf({ entry, candidate }: Hit, { request, list, rank, viewed }: ResultShape): SearchResult {
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
    updated_at: isoTime(entry.updatedAtMs),
    ...(Object.keys(body).length === 0 ? {} : { body: body as NonNullable<SearchResult['body']> }),
  };
}

const hasValue = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

/** Bounds and tags beside `filters` win over those in it. */
function filterOf(request: SearchRequest): EntryFilter {
  const within = request.filters ?? {};
  const given = {
    types: request.types === null || request.types?.length === 0 ? undefined : request.types,
    category: request.category,
    section: within.section,
    author: within.author,
    tags: request.tags ?? within.tags,
    createdFromMs: request.created_from ?? within.created_from,
    createdToMs: request.created_to ?? within.created_to,
    updatedFromMs: request.updated_from ?? within.updated_from,
    updatedToMs: request.updated_to ?? within.updated_to,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => hasValue(value)));
}

const NAMES_SHOWN = 5;
const NAME_CHARS_SHOWN = 64;

function unknownFilters({ filters }: SearchRequest): readonly string[] {
  const unknown = Object.keys(filters ?? {}).filter((name) => !(name in searchFilters.shape));
  return unknown
    .slice(0, NAMES_SHOWN)
    .map((name) => `filters.${name.slice(0, NAME_CHARS_SHOWN)} is not a filter and was ignored.`);
}

const nothingFound = (warning: string): DuplicatesResponse => ({ candidates: [], count: 0, warnings: [warning] });
