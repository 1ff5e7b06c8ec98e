import { toChlError } from '../../core/errors.ts';
import { failpoint } from '../../core/failpoints.ts';
import type { EntryKey } from '../../core/ids.ts';
import type { CatalogReader, QueuedText, WriteOperation } from '../../core/ports/catalog.ts';
import type { Clock, Logger, Timer } from '../../core/ports/runtime.ts';
import type { Committer } from '../committer.ts';
import type { EmbeddingGateway } from '../embedding-gateway.ts';
import { underLease, type JobLease } from '../lease/job-lease.ts';
import type { EmbeddingQueueOptions } from '../options.ts';
import { BackOff, backOffMs } from './back-off.ts';
import { embedBatch, type EmbedOutcome } from './embed-batch.ts';

export interface EmbeddingQueueParts {
  readonly reader: Pick<CatalogReader, 'queuedTexts' | 'embeddingQueue'>;
  readonly committer: Committer;
  readonly gateway: EmbeddingGateway;
  readonly lease: JobLease;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: EmbeddingQueueOptions;
}

export interface QueueCounters {
  /** Vectors stored by the queue since the start. */
  readonly embedded: number;
  /** Batches that met an embedder that was away. */
  readonly failures: number;
  /** Times that a single text was refused. */
  readonly refusals: number;
}

const ACTOR = 'embedding-queue';

/**
 * Embeds in the background what was stored without a vector: oldest first, a few batches at a time.
 * The queue itself is in the database, so a crash loses nothing; a result goes through the committer
 * like any write, and is dropped there when the entry has changed meanwhile.
 */
export class EmbeddingQueue {
  readonly #parts: EmbeddingQueueParts;
  readonly #backOff: BackOff;
  readonly #inFlight = new Set<EntryKey>();
  readonly #batches = new Set<Promise<void>>();
  /** Of the batches under way, those that the embedder has; the others are being stored. */
  #embedding = 0;
  readonly #counters = { embedded: 0, failures: 0, refusals: 0 };
  #running = false;
  #paused = false;
  #filling: Promise<void> | null = null;
  #wokenAgain = false;
  #timer: Timer | null = null;
  #lastError: string | null = null;
  #idleWaiters: (() => void)[] = [];

  constructor(parts: EmbeddingQueueParts) {
    this.#parts = parts;
    this.#backOff = new BackOff(parts.clock, parts.options.away);
  }

  get counters(): QueueCounters {
    return { ...this.#counters };
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** What went wrong last; null once the embedder works again. */
  get lastError(): string | null {
    return this.#lastError;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Another service on the same database does it. */
  get isElsewhere(): boolean {
    return this.#parts.lease.term === null;
  }

  async start(): Promise<void> {
    this.#running = true;
    await this.refresh();
  }

  /** As the database has it: another service may have paused or filled the queue. */
  async refresh(): Promise<void> {
    this.#paused = (await this.#parts.reader.embeddingQueue()).paused;
    this.wake();
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    await this.#filling;
    await Promise.all(this.#batches);
    this.#tellIdle();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.retryNow();
  }

  /** Does not wait for the end of a back-off. */
  retryNow(): void {
    this.#backOff.reset();
    this.wake();
  }

  /** Something may be waiting. Cheap; called after every commit that left an entry without a vector. */
  wake(): void {
    this.#wokenAgain = true;
    if (this.#filling !== null || !this.#isAllowed) return;
    // One look at the clock: a pause that ended between two would neither be worked after nor slept through.
    if (this.#backOff.leftMs > 0) {
      if (this.#timer === null && this.#batches.size === 0) void this.#rest();
      return;
    }
    this.#filling = this.#fill().finally(() => {
      this.#filling = null;
      if (this.#wokenAgain && this.#mayWork() && this.#hasRoom()) this.wake();
    });
  }

  /** Resolves when nothing is under way and nothing can be done now: it is empty, or the embedder is away. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
      this.wake();
      if (!this.#mayWork() && this.#batches.size === 0) this.#tellIdle();
    });
  }

  #mayWork(): boolean {
    return this.#isAllowed && this.#backOff.leftMs === 0;
  }

  get #isAllowed(): boolean {
    const { gateway } = this.#parts;
    return this.#running && !this.#paused && !this.isElsewhere && gateway.mismatch === null;
  }

  /** While a batch is stored the embedder has the next one; what is stored stays bounded, too. */
  #hasRoom(): boolean {
    const { concurrency, batchesMax } = this.#parts.options;
    return this.#embedding < concurrency && this.#batches.size < batchesMax;
  }

  async #fill(): Promise<void> {
    const { reader, clock, options } = this.#parts;
    try {
      while (this.#mayWork() && this.#hasRoom()) {
        this.#wokenAgain = false;
        const request = { nowMs: clock.nowMs(), limit: options.batchTexts, except: [...this.#inFlight] };
        const texts = await reader.queuedTexts(request);
        if (texts.length > 0) this.#launch(texts);
        else if (!this.#wokenAgain) break;
      }
    } catch (error) {
      this.#failed(error);
    }
    if (this.#batches.size === 0) await this.#rest();
  }

  #launch(texts: readonly QueuedText[]): void {
    for (const { key } of texts) this.#inFlight.add(key);
    const batch = this.#process(texts).finally(() => {
      for (const { key } of texts) this.#inFlight.delete(key);
      this.#batches.delete(batch);
      if (this.#mayWork()) this.wake();
      else if (this.#batches.size === 0) void this.#rest();
    });
    this.#batches.add(batch);
  }

  async #process(texts: readonly QueuedText[]): Promise<void> {
    const { gateway, committer, lease } = this.#parts;
    try {
      const term = underLease(lease);
      const { fingerprint } = gateway;
      const outcomes = await this.#embedded(texts);
      this.#backOff.reset();
      this.wake();
      failpoint('queue.before-commit');
      // Submitted in one go, in the order of the queue: together they are one group.
      await Promise.all(
        texts.map((text, row) =>
          committer.submit({ ...this.#operation(text, outcomes[row]!, fingerprint), ...term }),
        ),
      );
      if (outcomes.every(({ vector }) => vector !== null)) this.#lastError = null;
    } catch (error) {
      this.#failed(error);
    }
  }

  async #embedded(texts: readonly QueuedText[]): Promise<readonly EmbedOutcome[]> {
    this.#embedding += 1;
    try {
      return await embedBatch((wanted) => this.#parts.gateway.queued(wanted), texts);
    } finally {
      this.#embedding -= 1;
    }
  }

  #operation(text: QueuedText, outcome: EmbedOutcome, fingerprint: string): WriteOperation {
    const { clock, options } = this.#parts;
    const atMs = clock.nowMs();
    const { key, version: baseVersion, contentHash } = text;
    const common = { actor: ACTOR, atMs, key, baseVersion };
    if (outcome.vector !== null) {
      this.#counters.embedded += 1;
      return { ...common, kind: 'embed', vector: outcome.vector, fingerprint, contentHash };
    }
    this.#counters.refusals += 1;
    this.#lastError = outcome.reason;
    const attempts = text.attempts + 1;
    return {
      ...common,
      kind: 'postpone-embedding',
      attempts,
      nextAttemptMs: Math.ceil(atMs + backOffMs(options.refused, attempts)),
      reason: outcome.reason,
      failed: outcome.refused && attempts >= options.attemptsMax,
    };
  }

  #failed(thrown: unknown): void {
    const error = toChlError(thrown, 'embedding.queue');
    this.#counters.failures += 1;
    this.#lastError = error.message;
    this.#backOff.failed();
    this.#parts.logger.warn(
      { err: error, retryInMs: Math.round(this.#backOff.leftMs) },
      'the embedding queue waits for the embedder',
    );
  }

  /** Nothing is under way: sleeps until the embedder may be asked again, or the next text is due. */
  async #rest(): Promise<void> {
    this.#sleep(null);
    if (!this.#running) return;
    const { leftMs } = this.#backOff;
    const delayMs = leftMs > 0 ? leftMs : await this.#nextDueMs();
    if (this.#wokenAgain && this.#mayWork()) return this.wake();
    this.#sleep(delayMs);
    this.#tellIdle();
  }

  #sleep(delayMs: number | null): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (delayMs === null || !this.#running) return;
    this.#timer = this.#parts.clock.setTimer(() => {
      this.#timer = null;
      this.wake();
    }, Math.ceil(delayMs));
  }

  async #nextDueMs(): Promise<number | null> {
    const { reader, clock, logger, options } = this.#parts;
    try {
      const { nextAttemptMs } = await reader.embeddingQueue();
      if (nextAttemptMs === null || this.#parts.gateway.mismatch !== null) return null;
      return Math.max(nextAttemptMs - clock.nowMs(), 1);
    } catch (error) {
      logger.warn({ err: toChlError(error, 'embedding.queue') }, 'the embedding queue could not be read');
      return options.away.maxMs;
    }
  }

  #tellIdle(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
