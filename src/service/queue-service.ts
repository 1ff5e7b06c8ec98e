import { ChlError } from '../core/errors.ts';
import type { CatalogReader, WriteOperation } from '../core/ports/catalog.ts';
import type { Clock } from '../core/ports/runtime.ts';
import type { Committer } from './committer.ts';
import type { QueueActionResponse, QueueStatusResponse } from './contract/admin.ts';
import { withDeadline } from './deadline.ts';
import type { EmbeddingGateway } from './embedding-gateway.ts';
import type { EmbeddingQueue } from './embedding-queue/embedding-queue.ts';
import type { EmbedMode } from './options.ts';
import type { RequestContext } from './request-context.ts';
import type { QueueService } from './services.ts';

export interface QueueParts {
  readonly reader: Pick<CatalogReader, 'counts' | 'embeddingQueue'>;
  readonly committer: Committer;
  readonly gateway: EmbeddingGateway;
  readonly embeddingQueue: EmbeddingQueue;
  readonly clock: Clock;
  readonly mode: EmbedMode;
  readonly drainMaxMs: number;
}

type QueueAction = Extract<WriteOperation, { readonly kind: 'set-embedding-queue' }>['action'];

export class Queues implements QueueService {
  readonly #parts: QueueParts;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  async status(): Promise<QueueStatusResponse> {
    const { reader, committer, gateway, embeddingQueue, clock, mode } = this.#parts;
    const [{ embedding }, state] = await Promise.all([reader.counts(), reader.embeddingQueue()]);
    const { waiting, waitingMax, groups, operations } = committer.status();
    const { oldestQueuedAtMs } = state;
    return {
      ...embedding,
      mode,
      paused: state.paused,
      in_flight: embeddingQueue.inFlight,
      oldest_age_seconds:
        oldestQueuedAtMs === null ? null : Math.max(0, clock.nowMs() - oldestQueuedAtMs) / 1000,
      last_error: gateway.mismatch?.message ?? embeddingQueue.lastError ?? state.refusal,
      counters: embeddingQueue.counters,
      cache: gateway.cacheStatus(),
      commit: { waiting, waiting_max: waitingMax, groups, operations },
    };
  }

  async pause(context: RequestContext): Promise<QueueActionResponse> {
    await this.#set('pause', context);
    this.#parts.embeddingQueue.pause();
    return this.#answer('The embedding queue is paused; entries are stored and found by text.');
  }

  async resume(context: RequestContext): Promise<QueueActionResponse> {
    await this.#set('resume', context);
    this.#parts.embeddingQueue.resume();
    return this.#answer('The embedding queue runs.');
  }

  async retryFailed(context: RequestContext): Promise<QueueActionResponse> {
    await this.#set('retry-failed', context);
    this.#parts.embeddingQueue.retryNow();
    return this.#answer('Entries that were given up wait again.');
  }

  async drain(context: RequestContext): Promise<QueueActionResponse> {
    const { embeddingQueue, gateway, clock, drainMaxMs } = this.#parts;
    if (gateway.mismatch !== null) throw gateway.mismatch;
    if (embeddingQueue.paused) {
      throw new ChlError('CONFLICT', 'The embedding queue is paused.', {
        hint: 'POST /admin/queue/resume first.',
      });
    }
    await this.#set('make-due', context);
    embeddingQueue.retryNow();
    await withDeadline(clock, drainMaxMs, () => embeddingQueue.idle());
    const { pending } = (await this.#parts.reader.counts()).embedding;
    return pending === 0
      ? this.#answer('Nothing waits to be embedded.')
      : this.#answer(`${pending} entries still wait: ${this.#whyTheyWait()}`, 'incomplete');
  }

  #whyTheyWait(): string {
    const { embeddingQueue } = this.#parts;
    if (embeddingQueue.isElsewhere) return 'another service on this database embeds them';
    return embeddingQueue.lastError ?? 'more came in';
  }

  async #set(action: QueueAction, { caller }: RequestContext): Promise<void> {
    const { committer, clock } = this.#parts;
    await committer.submit({ kind: 'set-embedding-queue', action, actor: caller, atMs: clock.nowMs() });
  }

  async #answer(
    message: string,
    status: QueueActionResponse['status'] = 'success',
  ): Promise<QueueActionResponse> {
    const { reader, embeddingQueue } = this.#parts;
    const { pending, failed } = (await reader.counts()).embedding;
    return { status, message, pending, failed, paused: embeddingQueue.paused };
  }
}
