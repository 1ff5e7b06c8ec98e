import { entryText, type JsonValue } from '../core/entry.ts';
import { ChlError, toChlError } from '../core/errors.ts';
import type { EmbeddingInput } from '../core/ports/catalog.ts';
import type { Clock, Logger } from '../core/ports/runtime.ts';
import type { CategoryDirectory } from './category-directory.ts';
import type { Committed, Committer } from './committer.ts';
import type { DuplicateCandidate, WriteRequest, WriteResponse } from './contract/write.ts';
import { TIMED_OUT, withDeadline } from './deadline.ts';
import { REVIEW_FIRST_SIMILARITY, SIMILAR_SIMILARITY, type DuplicateFinder } from './duplicate-finder.ts';
import type { EmbeddingGateway } from './embedding-gateway.ts';
import type { EntrySource } from './entry-cache.ts';
import { contentOf } from './entry-data.ts';
import { newEntryId } from './entry-id.ts';
import { entryView } from './entry-views.ts';
import type { IdempotentRequests } from './idempotent-requests.ts';
import { stampOperation, type IdempotencyKey } from './operation-stamp.ts';
import type { DuplicateOptions } from './options.ts';
import type { RequestContext } from './request-context.ts';
import type { SeqTokens } from './seq-token.ts';
import { embeddingWarnings, indexWarnings } from './write-warnings.ts';

export interface EntryCreatorParts {
  readonly committer: Committer;
  readonly gateway: EmbeddingGateway;
  readonly duplicateFinder: DuplicateFinder;
  readonly categories: CategoryDirectory;
  readonly entries: Pick<EntrySource, 'remember'>;
  readonly requests: IdempotentRequests;
  readonly seqTokens: SeqTokens;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: DuplicateOptions;
}

/** What a write found out before it committed; stored with its idempotency key and answered again on a replay. */
interface Findings {
  readonly duplicates: readonly DuplicateCandidate[];
  readonly warnings: readonly string[];
}

export const LOCAL_SOURCE = 'local';

/** Stores new entries. Embedding and the duplicate check come before the commit and outside any lock. */
export class EntryCreator {
  readonly #parts: EntryCreatorParts;

  constructor(parts: EntryCreatorParts) {
    this.#parts = parts;
  }

  write(request: WriteRequest, context: RequestContext): Promise<WriteResponse> {
    return this.#parts.requests.run('write', request, context, (key) => this.#write(request, context, key));
  }

  async #write(
    request: WriteRequest,
    context: RequestContext,
    key: IdempotencyKey | null,
  ): Promise<WriteResponse> {
    const { committer, gateway, categories, entries, clock } = this.#parts;
    const { entity_type: type, category_code: categoryCode } = request;
    await categories.require(categoryCode);
    const content = contentOf(request);
    const embedding = (await gateway.passages([entryText({ type, data: content.data })]))[0]!;
    const similar = await this.#checkDuplicates(request, embedding);
    const findings: Findings = {
      ...similar,
      warnings: [...similar.warnings, ...embeddingWarnings(embedding)],
    };
    const committed = await committer.submit({
      kind: 'create',
      ...stampOperation(context, clock, key, findings as unknown as JsonValue),
      entry: {
        id: newEntryId(type, categoryCode, clock.nowMs()),
        type,
        categoryCode,
        ...content,
        author: context.caller,
        source: LOCAL_SOURCE,
      },
      embedding,
      onRef: 'conflict',
    });
    if (!committed.replayed && committed.entry !== null) entries.remember(committed.entry);
    return this.#answer(committed, committed.replayed ? findingsOf(committed.extras) : findings);
  }

  async #answer(committed: Committed, { duplicates, warnings }: Findings): Promise<WriteResponse> {
    const { entry, seq } = committed;
    if (entry === null)
      throw new ChlError('GONE', 'The entry that this request stored has been deleted since.');
    const all = [...warnings, ...indexWarnings(committed)];
    const reviewFirst = (duplicates[0]?.score ?? 0) >= REVIEW_FIRST_SIMILARITY;
    return {
      success: true,
      entry_id: entry.id,
      entry: entryView(entry),
      version: entry.version,
      seq: await this.#parts.seqTokens.format(seq),
      ...(duplicates.length === 0 ? {} : { duplicates: [...duplicates] }),
      ...(reviewFirst ? { recommendation: 'review_first' } : {}),
      ...(all.length === 0 ? {} : { warnings: all }),
      message: reviewFirst
        ? `Stored ${entry.id}; a very similar entry exists, please review it.`
        : `Stored ${entry.id}.`,
    };
  }

  /** Never fails a write: what cannot be checked in time is said in a warning. */
  async #checkDuplicates(request: WriteRequest, { vector, fingerprint }: EmbeddingInput): Promise<Findings> {
    if (request.duplicates === 'skip') return { duplicates: [], warnings: [] };
    if (vector === null) return notChecked('the entry could not be embedded yet');
    const { duplicateFinder, clock, logger, options } = this.#parts;
    const query = {
      type: request.entity_type,
      category: request.category_code,
      vector,
      fingerprint,
      limit: options.shownMax,
      threshold: SIMILAR_SIMILARITY,
    };
    try {
      const duplicates = await withDeadline(clock, options.budgetMs, () => duplicateFinder.find(query));
      if (duplicates === TIMED_OUT) return notChecked(`the check took longer than ${options.budgetMs} ms`);
      return { duplicates, warnings: [] };
    } catch (error) {
      const failure = toChlError(error, 'duplicates.find');
      logger.warn({ err: failure }, 'a duplicate check failed; the write goes on');
      return notChecked(failure.message);
    }
  }
}

const notChecked = (reason: string): Findings => ({
  duplicates: [],
  warnings: [`Similar entries were not looked for: ${reason}`],
});

/** Written by this file, in the transaction of the write. */
const findingsOf = (extras: JsonValue | null): Findings =>
  (extras as unknown as Findings | null) ?? { duplicates: [], warnings: [] };
