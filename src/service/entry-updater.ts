import { entryText, sameText, type Entry, type EntryText } from '../core/entry.ts';
import { ChlError, toChlError } from '../core/errors.ts';
import type { CatalogReader, EmbeddingInput } from '../core/ports/catalog.ts';
import type { Clock } from '../core/ports/runtime.ts';
import type { CategoryDirectory } from './category-directory.ts';
import type { Committed, Committer } from './committer.ts';
import type { DeleteRequest, DeleteResponse, UpdateRequest, UpdateResponse } from './contract/write.ts';
import type { EmbeddingGateway } from './embedding-gateway.ts';
import type { EntrySource } from './entry-cache.ts';
import { mergeUpdates } from './entry-data.ts';
import { entryView } from './entry-views.ts';
import type { IdempotentRequests } from './idempotent-requests.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import { stampOperation, type IdempotencyKey } from './operation-stamp.ts';
import type { RequestContext } from './request-context.ts';
import type { SeqTokens } from './seq-token.ts';
import { embeddingWarnings, indexWarnings } from './write-warnings.ts';

export interface EntryUpdaterParts {
  readonly reader: Pick<CatalogReader, 'entriesByIds'>;
  readonly committer: Committer;
  readonly gateway: EmbeddingGateway;
  readonly categories: CategoryDirectory;
  readonly entries: Pick<EntrySource, 'remember'>;
  readonly requests: IdempotentRequests;
  readonly seqTokens: SeqTokens;
  readonly clock: Clock;
  readonly mergeAttemptsMax: number;
}

/** What one attempt of an update came to. */
interface Updated {
  readonly committed: Committed;
  readonly warnings: readonly string[];
}

export class EntryUpdater {
  readonly #parts: EntryUpdaterParts;
  readonly #merges = new KeyedMutex();

  constructor(parts: EntryUpdaterParts) {
    this.#parts = parts;
  }

  async update(request: UpdateRequest, context: RequestContext): Promise<UpdateResponse> {
    refuseUnforcedContextual(request);
    const expected = expectedVersionOf(request, context);
    if (typeof request.category_code === 'string')
      await this.#parts.categories.require(request.category_code);
    const identity = { ...request, expected_version: expected };
    return this.#parts.requests.run('update', identity, context, async (key) =>
      this.#answerUpdate(await this.#mergeAndCommit(request, context, expected, key)),
    );
  }

  async remove(request: DeleteRequest, context: RequestContext): Promise<DeleteResponse> {
    const expectedVersion = expectedVersionOf(request, context);
    const identity = { ...request, expected_version: expectedVersion };
    return this.#parts.requests.run('delete', identity, context, async (key) => {
      const { seq, deletedVersion } = await this.#parts.committer.submit({
        kind: 'delete',
        ...stampOperation(context, this.#parts.clock, key),
        type: request.entity_type,
        entryId: request.entry_id,
        expectedVersion,
      });
      if (deletedVersion === undefined) throw new ChlError('INTERNAL', 'The deletion has no version.');
      return {
        success: true,
        entry_id: request.entry_id,
        version: deletedVersion,
        seq: await this.#parts.seqTokens.format(seq),
        message: `Deleted ${request.entry_id}.`,
      };
    });
  }

  /**
   * Without an expected version of the client's, somebody else's write in between is no reason to
   * fail: the updates are merged onto the newer entry. Clients of this process take turns, entry by
   * entry; against other processes it is tried a bounded number of times.
   */
  #mergeAndCommit(
    request: UpdateRequest,
    context: RequestContext,
    expected: number | null,
    key: IdempotencyKey | null,
  ): Promise<Updated> {
    if (expected !== null) return this.#attempt(request, context, expected, key);
    return this.#merges.runExclusive(request.entry_id, async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.#attempt(request, context, null, key);
        } catch (error) {
          const failure = toChlError(error);
          if (failure.code !== 'VERSION_MISMATCH') throw failure;
          if (attempt >= this.#parts.mergeAttemptsMax) throw tooContended(failure);
        }
      }
    });
  }

  async #attempt(
    request: UpdateRequest,
    context: RequestContext,
    expected: number | null,
    key: IdempotencyKey | null,
  ): Promise<Updated> {
    const { committer, entries, clock } = this.#parts;
    const current = await this.#current(request);
    const content = mergeUpdates(current, request);
    const embedding = await this.#embed(current, entryText({ type: current.type, data: content.data }));
    const committed = await committer.submit({
      kind: 'update',
      ...stampOperation(context, clock, key),
      type: current.type,
      entryId: current.id,
      ...content,
      // Not compared here: a repeated request must reach its stored answer, whatever the version is now.
      baseVersion: expected ?? current.version,
      embedding,
    });
    if (!committed.replayed && committed.entry !== null) entries.remember(committed.entry);
    const waits = committed.entry?.embeddingStatus !== 'embedded';
    const warnings = [...(waits ? embeddingWarnings(embedding) : []), ...indexWarnings(committed)];
    return { committed, warnings };
  }

  /** The same text has its vector already, and keeps it. */
  async #embed(current: Entry, text: EntryText): Promise<EmbeddingInput> {
    const { gateway } = this.#parts;
    if (current.embeddingStatus === 'embedded' && sameText(entryText(current), text))
      return gateway.unchanged(text);
    return (await gateway.passages([text]))[0]!;
  }

  async #current(request: UpdateRequest): Promise<Entry> {
    const [entry] = await this.#parts.reader.entriesByIds([request.entry_id]);
    const category = request.category_code ?? entry?.categoryCode;
    if (entry?.type !== request.entity_type || entry.categoryCode !== category) {
      const where =
        typeof request.category_code === 'string' ? ` in category "${request.category_code}"` : '';
      throw new ChlError('NOT_FOUND', `There is no such ${request.entity_type}${where}.`);
    }
    return entry;
  }

  async #answerUpdate({ committed, warnings }: Updated): Promise<UpdateResponse> {
    const { entry, seq } = committed;
    if (entry === null)
      throw new ChlError('GONE', 'The entry that this request updated has been deleted since.');
    return {
      success: true,
      entry_id: entry.id,
      entry: entryView(entry),
      version: entry.version,
      seq: await this.#parts.seqTokens.format(seq),
      ...(warnings.length === 0 ? {} : { warnings: [...warnings] }),
      message: `Updated ${entry.id}.`,
    };
  }
}

function refuseUnforcedContextual(request: UpdateRequest): void {
  const turnsContextual = request.entity_type === 'experience' && request.updates.section === 'contextual';
  if (turnsContextual && request.force_contextual !== true) {
    throw new ChlError(
      'INVALID_ARGUMENT',
      'updates.section may become "contextual" only with force_contextual: true.',
    );
  }
}

/** @throws INVALID_ARGUMENT when body and header disagree */
function expectedVersionOf(request: UpdateRequest | DeleteRequest, context: RequestContext): number | null {
  const inBody = request.expected_version ?? null;
  const inHeader = context.expectedVersion;
  if (inBody !== null && inHeader !== null && inBody !== inHeader) {
    throw new ChlError('INVALID_ARGUMENT', 'expected_version and If-Match name different versions.');
  }
  return inBody ?? inHeader;
}

const tooContended = (cause: ChlError): ChlError =>
  new ChlError('CONFLICT', 'Others keep changing the entry; the update could not be merged.', {
    cause,
    retryable: true,
    hint: 'Repeat the request, or read the entry and send its version as expected_version.',
  });
