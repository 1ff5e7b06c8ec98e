import { toChlError } from '../core/errors.ts';
import type { CatalogReader } from '../core/ports/catalog.ts';
import type { IndexCollection } from '../core/ports/index-host.ts';
import type {
  DuplicatesRequest,
  DuplicatesResponse,
  SearchHealthResponse,
  SearchRequest,
  SearchResponse,
} from './contract/search.ts';
import type { CategoryDirectory } from './category-directory.ts';
import { REVIEW_FIRST_SIMILARITY, SIMILAR_SIMILARITY, type DuplicateFinder } from './duplicate-finder.ts';
import type { EmbeddingGateway } from './embedding-gateway.ts';
import { WORDS_ARE_READ } from './health-service.ts';
import type { RequestContext } from './request-context.ts';
import { findPage, type PageParts } from './search-page.ts';
import { searchFilterOf, unknownFilters } from './search-filter.ts';
import { searchResultsOf } from './search-result.ts';
import type { SeqTokens } from './seq-token.ts';
import type { SessionStore } from './session-store.ts';
import type { SearchService } from './services.ts';

export interface SearchParts extends PageParts {
  readonly reader: CatalogReader;
  readonly collection: IndexCollection;
  readonly duplicateFinder: DuplicateFinder;
  readonly gateway: EmbeddingGateway;
  readonly categories: CategoryDirectory;
  readonly sessions: SessionStore;
  readonly seqTokens: SeqTokens;
}

export class Search implements SearchService {
  readonly #parts: SearchParts;

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  async search(request: SearchRequest, context: RequestContext): Promise<SearchResponse> {
    const { categories, seqTokens } = this.#parts;
    if (typeof request.category === 'string') await categories.require(request.category);
    const viewed = this.#viewedKeys(request, context);
    const { hits, list, total, topScore, sessionApplied } = await findPage(this.#parts, {
      request,
      filter: searchFilterOf(request),
      minSeq: await seqTokens.parse(context.minSeq),
      viewed,
      asker: context,
    });
    return {
      results: searchResultsOf(hits, { request, list, viewed }),
      count: hits.length,
      total,
      has_more: request.offset + hits.length < total && hits.length === request.limit,
      top_score: topScore,
      warnings: [...unknownFilters(request), ...(list.hint === null ? [] : [list.hint])],
      session_applied: sessionApplied,
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
        fingerprint: embedding.fingerprint,
        limit: request.limit,
        threshold: request.threshold ?? SIMILAR_SIMILARITY,
      });
      const reviewFirst = (candidates[0]?.score ?? 0) >= REVIEW_FIRST_SIMILARITY;
      return {
        candidates: [...candidates],
        count: candidates.length,
        ...(reviewFirst ? { recommendation: 'review_first' } : {}),
      };
    } catch (error) {
      const failure = toChlError(error);
      if (failure.code !== 'UNAVAILABLE' && failure.code !== 'EMBEDDER_MISMATCH') throw failure;
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
        ...(status.state === 'ready' && !status.textReady ? [WORDS_ARE_READ] : []),
        ...(embedding.pending > 0
          ? [`${embedding.pending} entries wait for their embedding; text finds them.`]
          : []),
        ...(embedding.failed > 0
          ? [`${embedding.failed} entries could not be embedded; text finds them.`]
          : []),
        ...(gateway.failure === null ? [] : [`The embedder failed: ${gateway.failure}`]),
      ],
    };
  }

  #viewedKeys(request: SearchRequest, context: RequestContext): ReadonlySet<number> {
    const sessionId = context.sessionId ?? request.session_id ?? null;
    return sessionId === null ? new Set() : this.#parts.sessions.viewedKeys(sessionId);
  }
}

const nothingFound = (warning: string): DuplicatesResponse => ({
  candidates: [],
  count: 0,
  warnings: [warning],
});
