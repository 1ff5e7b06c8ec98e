import { ChlError, toChlError } from '../core/errors.ts';
import type { EntryFilter } from '../core/filter.ts';
import { asEntryKey, asSeq, type EntryKey, type Seq } from '../core/ids.ts';
import type { CatalogReader } from '../core/ports/catalog.ts';
import type { IndexHits, IndexSearch, SearchMode } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import { isCancelled, type Cancellable } from './cancellation.ts';
import type { EmbeddingGateway, QueryVector } from './embedding-gateway.ts';
import type { ServedCollection } from './served-collection.ts';

export interface RetrievalQuery {
  readonly words: string;
  readonly mode: SearchMode;
  readonly filter: EntryFilter;
  /** How deep the list goes; what lies deeper is not counted either. */
  readonly depth: number;
  /** How many of its first candidates are needed: the rest need not leave the index. */
  readonly count: number;
  readonly minSeq: Seq;
  readonly asker: Cancellable;
}

export interface Candidate {
  readonly key: EntryKey;
  /** The change that the index holds of it; null where the database itself answered. */
  readonly seq: Seq | null;
  /** 0–1, what candidates are ranked by. */
  readonly score: number;
  /** Inner product; null where the entry was not looked at by vector. */
  readonly vector: number | null;
  /** 0–1; null where no word matched. */
  readonly text: number | null;
}

/** Candidates best first, and what gave them. */
export interface CandidateList {
  /** As many of the first as were needed. */
  readonly candidates: readonly Candidate[];
  /** Of the whole list. */
  readonly total: number;
  /** The mode that answered, which is not always the one asked for. */
  readonly mode: SearchMode;
  /** A vector backend, `bm25` or `fts5`. */
  readonly provider: string;
  /** A weaker search answered than the one asked for; `hint` says why. */
  readonly degraded: boolean;
  readonly hint: string | null;
}

export interface RetrievalParts {
  readonly collection: Pick<ServedCollection, 'search'>;
  readonly reader: Pick<CatalogReader, 'textSearch'>;
  readonly gateway: EmbeddingGateway;
  readonly logger: Logger;
}

interface Plan {
  readonly mode: SearchMode;
  readonly query: QueryVector | null;
  readonly hint: string | null;
}

const CHANGING = 'The embedder is being changed; the words of the query were searched as text.';

/** Finds candidates; goes down to weaker means when a stronger one is away, and says so. */
export class Retrieval {
  readonly #parts: RetrievalParts;

  constructor(parts: RetrievalParts) {
    this.#parts = parts;
  }

  /** @throws EMBEDDER_MISMATCH when vectors alone were asked for, and they are of another embedder; Cancelled */
  async candidates(query: RetrievalQuery): Promise<CandidateList> {
    try {
      return await this.#answer(query, await this.#plan(query));
    } catch (error) {
      if (!isMismatch(error) || this.#parts.gateway.mismatch !== null) throw error;
    }
    // The embedder was changed between the embedding and the search: once more, and then by text.
    try {
      return await this.#answer(query, await this.#plan(query));
    } catch (error) {
      if (!isMismatch(error) || query.mode === 'vector') throw error;
      return this.#answer(query, { mode: 'text', query: null, hint: CHANGING });
    }
  }

  async #answer(query: RetrievalQuery, plan: Plan): Promise<CandidateList> {
    try {
      return fromIndex(await this.#searchIndex(query, plan), query, plan);
    } catch (error) {
      const failure = toChlError(error, 'collection.search');
      if (failure.code !== 'UNAVAILABLE') throw failure;
      this.#parts.logger.warn({ err: failure }, 'the index did not answer; the database searches by text');
      return this.#searchCatalog(query, failure);
    }
  }

  /** Without a query vector the words are left. */
  async #plan({ mode, words, asker }: RetrievalQuery): Promise<Plan> {
    if (mode === 'text') return { mode, query: null, hint: null };
    try {
      const query = await this.#parts.gateway.query(words, asker);
      if (query !== null) return { mode, query, hint: null };
      return {
        mode: 'text',
        query,
        hint: 'The embedder can read nothing in the query; its words were searched as text.',
      };
    } catch (error) {
      // Nobody waits for the weaker answer, either.
      if (isCancelled(error)) throw error;
      if (mode === 'vector' && isMismatch(error)) throw error;
      const { message } = toChlError(error);
      return {
        mode: 'text',
        query: null,
        hint: `The query could not be embedded (${message}) Its words were searched as text.`,
      };
    }
  }

  #searchIndex(query: RetrievalQuery, { mode, query: embedded }: Plan): Promise<IndexHits> {
    const search: IndexSearch = {
      mode,
      vector: embedded?.vector ?? null,
      text: query.words,
      filter: query.filter,
      limit: Math.min(query.count, query.depth),
      weights: this.#parts.gateway.embedder.weights,
      minSeq: query.minSeq,
    };
    return this.#parts.collection.search(search, embedded?.fingerprint);
  }

  async #searchCatalog({ words, filter, depth }: RetrievalQuery, failure: ChlError): Promise<CandidateList> {
    const hits = await this.#parts.reader.textSearch(words, filter, depth);
    return {
      candidates: hits.map(({ key, score }) => ({ key, seq: null, score, vector: null, text: score })),
      total: hits.length,
      mode: 'text',
      provider: 'fts5',
      degraded: true,
      hint: `The index is not available (${failure.message}) The database searched by text.`,
    };
  }
}

function fromIndex(hits: IndexHits, { depth }: RetrievalQuery, { mode, hint }: Plan): CandidateList {
  const candidates = Array.from(hits.keys, (key, place): Candidate => ({
    key: asEntryKey(key),
    seq: asSeq(hits.seqs[place]!),
    score: hits.scores[place]!,
    vector: numberOrNull(hits.vectorScores[place]!),
    text: numberOrNull(hits.textScores[place]!),
  }));
  return {
    candidates,
    total: Math.min(hits.total, depth),
    mode,
    provider: mode === 'text' ? 'bm25' : hits.backend,
    degraded: hint !== null,
    hint,
  };
}

const isMismatch = (error: unknown): boolean =>
  error instanceof ChlError && error.code === 'EMBEDDER_MISMATCH';

const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
