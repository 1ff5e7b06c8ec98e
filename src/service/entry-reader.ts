import type { Entry } from '../core/entry.ts';
import { FUSION_DEPTH } from '../core/engine/fusion.ts';
import { ChlError } from '../core/errors.ts';
import type { EntryFilter } from '../core/filter.ts';
import type { CatalogReader } from '../core/ports/catalog.ts';
import type { CategoryDirectory } from './category-directory.ts';
import type { ReadEntry } from './contract/entry-views.ts';
import {
  BODY_FIELDS,
  type EntryResponse,
  type HistoryResponse,
  type ReadRequest,
  type ReadResponse,
} from './contract/read.ts';
import type { EntrySource } from './entry-cache.ts';
import { entryView, isoTime, readView, type ReadShape } from './entry-views.ts';
import { matchesFilter } from './filter-match.ts';
import { reasonOf, takeLive, type Hit } from './live-entries.ts';
import type { RequestContext } from './request-context.ts';
import type { CandidateList, Retrieval } from './retrieval.ts';
import type { SeqTokens } from './seq-token.ts';
import type { ServiceRecorder } from './service-recorder.ts';
import type { SessionStore } from './session-store.ts';

export interface EntryReaderParts {
  readonly reader: CatalogReader;
  readonly entries: Pick<EntrySource, 'entriesOf'>;
  readonly retrieval: Retrieval;
  readonly recorder: ServiceRecorder;
  readonly categories: CategoryDirectory;
  readonly sessions: SessionStore;
  readonly seqTokens: SeqTokens;
}

const ALL_BODY_FIELDS: ReadonlySet<string> = new Set([...BODY_FIELDS.experience, ...BODY_FIELDS.skill]);

export class EntryReader {
  readonly #parts: EntryReaderParts;

  constructor(parts: EntryReaderParts) {
    this.#parts = parts;
  }

  /** By query, else by ids, else a category's list, newest first. */
  async read(request: ReadRequest, context: RequestContext): Promise<ReadResponse> {
    const category = request.category_code ?? null;
    if (category !== null) await this.#parts.categories.require(category);
    const filter: EntryFilter = { types: [request.entity_type], ...(category === null ? {} : { category }) };
    const shape: ReadShape = { fields: new Set(request.fields ?? []), previewChars: request.snippet_len };
    const answer =
      typeof request.query === 'string'
        ? await this.#search(request, request.query, filter, shape, context)
        : await this.#lookUp(request, filter, shape);
    this.#markViewed(answer.read, request, context);
    return answer.response;
  }

  async get(entryId: string, context: RequestContext): Promise<EntryResponse> {
    const [entry] = await this.#parts.reader.entriesByIds([entryId]);
    if (entry === undefined) throw noSuchEntry();
    if (context.sessionId !== null) this.#parts.sessions.markViewed(context.sessionId, [entry]);
    return { entry: entryView(entry), version: entry.version };
  }

  async history(entryId: string): Promise<HistoryResponse> {
    const records = await this.#parts.reader.history(entryId);
    if (records.length === 0) throw noSuchEntry();
    const history = await Promise.all(
      records.map(async ({ version, op, seq, actor, atMs, data, tags }) => ({
        version,
        op,
        seq: await this.#parts.seqTokens.format(seq),
        actor,
        at: isoTime(atMs),
        data: { ...data },
        tags: [...tags],
      })),
    );
    return { entry_id: entryId, history, count: history.length };
  }

  async #lookUp(request: ReadRequest, filter: EntryFilter, shape: ReadShape): Promise<Answer> {
    const { reader } = this.#parts;
    const ids = request.ids ?? [];
    const found =
      ids.length > 0
        ? (await reader.entriesByIds(ids))
            .filter((entry) => matchesFilter(entry, filter))
            .slice(0, request.limit)
        : await reader.list({ filter, limit: request.limit });
    const entries = found.map((entry): ReadEntry => ({
      ...readView(entry, shape),
      reason: 'id_lookup',
      provider: 'direct',
    }));
    // Asked for by id is read on purpose, previews or not.
    return {
      response: { entries, count: entries.length },
      read: ids.length > 0 ? found : this.#withBodies(found, shape),
    };
  }

  async #search(
    request: ReadRequest,
    words: string,
    filter: EntryFilter,
    shape: ReadShape,
    context: RequestContext,
  ): Promise<Answer> {
    const { list, hits } = await this.#hits(request, words, filter, context);
    const { mode, degraded, hint } = list;
    return {
      response: {
        entries: hits.map((hit, rank) => foundView(hit, rank, list, shape)),
        count: hits.length,
        meta: { mode, degraded, hint, total: list.candidates.length },
      },
      read: this.#withBodies(
        hits.map(({ entry }) => entry),
        shape,
      ),
    };
  }

  /** A list that came up short only because entries died under it is asked for again, deeper. */
  async #hits(request: ReadRequest, words: string, filter: EntryFilter, context: RequestContext) {
    const { entries, retrieval, seqTokens, recorder } = this.#parts;
    const minSeq = await seqTokens.parse(context.minSeq);
    const mode = request.mode ?? 'hybrid';
    for (let depth = Math.max(FUSION_DEPTH, request.limit); ; depth *= 2) {
      const list = await retrieval.candidates({
        words,
        mode,
        filter,
        depth,
        count: depth,
        minSeq,
        asker: context,
      });
      const hits = await recorder.time('fetch', () =>
        takeLive(entries, list.candidates, filter, request.limit),
      );
      if (hits.length === request.limit || list.candidates.length < depth) return { list, hits };
    }
  }

  #withBodies(entries: readonly Entry[], { fields }: ReadShape): readonly Entry[] {
    return [...fields].some((field) => ALL_BODY_FIELDS.has(field)) ? entries : [];
  }

  #markViewed(entries: readonly Entry[], request: ReadRequest, context: RequestContext): void {
    const sessionId = context.sessionId ?? request.session_id ?? null;
    if (sessionId !== null) this.#parts.sessions.markViewed(sessionId, entries);
  }
}

interface Answer {
  readonly response: ReadResponse;
  /** What the session has now seen: previews in a list do not count. */
  readonly read: readonly Entry[];
}

function foundView(
  { entry, candidate }: Hit,
  rank: number,
  list: CandidateList,
  shape: ReadShape,
): ReadEntry {
  return {
    ...readView(entry, shape),
    score: candidate.score,
    reason: reasonOf(candidate),
    provider: list.provider,
    rank,
    degraded: list.degraded,
    provider_hint: list.hint,
  };
}

export const noSuchEntry = (): ChlError =>
  new ChlError('NOT_FOUND', 'There is no such entry.', {
    hint: 'It may have been deleted; search for it by its words.',
  });
