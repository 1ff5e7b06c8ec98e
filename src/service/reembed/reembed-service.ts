import { ChlError, toChlError } from '../../core/errors.ts';
import { failpoint } from '../../core/failpoints.ts';
import type { ObservedMutex } from '../../core/locks/observed-mutex.ts';
import type { CatalogReader } from '../../core/ports/catalog.ts';
import { fingerprintText, type Embedder } from '../../core/ports/embedder.ts';
import type { ReembedRequest, ReembedResponse } from '../contract/admin.ts';
import type { EmbeddingGateway } from '../embedding-gateway.ts';
import type { EmbeddingQueue } from '../embedding-queue/embedding-queue.ts';
import { SOLE_OWNER, underLease, type JobLease } from '../lease/job-lease.ts';
import type { LeaseKeeper } from '../lease/lease-keeper.ts';
import type { RequestContext } from '../request-context.ts';
import type { ServedCollection } from '../served-collection.ts';
import type { ReembedService } from '../services.ts';
import { replaceIndex } from './index-replacement.ts';
import type { ReembedPorts } from './reembed-ports.ts';
import { Staging, type StagingParts } from './staging.ts';

export interface ReembedParts extends Omit<StagingParts, 'reader' | 'lease'> {
  readonly reader: CatalogReader;
  readonly gateway: EmbeddingGateway;
  readonly collection: ServedCollection;
  readonly embeddingQueue: EmbeddingQueue;
  readonly writerLock: ObservedMutex;
  /** Null where no other service has the database. */
  readonly leaseKeeper: LeaseKeeper | null;
  /** Null where the embedder is fixed. */
  readonly ports: ReembedPorts | null;
}

const IDLE: ReembedResponse = { state: 'idle', from: null, to: null, done: 0, total: 0, error: null };
/** A pass that finds no more than this is followed by the switch; the rest goes through the queue. */
const LEFT_FOR_THE_QUEUE_MAX = 32;
const PASSES_MAX = 20;

/**
 * To another embedder, while the service goes on answering from the old vectors:
 *
 * 1. Every entry is embedded with the next embedder, and the vectors are stored beside the old ones.
 *    Passes repeat until there is little left that was written meanwhile.
 * 2. One transaction gives the database to the next embedder; what it has no vector for is queued.
 * 3. A new index opens from the new vectors. Until it is ready, the old index and the old embedder
 *    answer, and learn of new entries by their text.
 * 4. Under the writer lock the new index catches up and takes the place of the old one.
 *
 * A crash before 2 leaves everything as it was, and a second run skips what is staged; after 2, the
 * next start opens with the new embedder.
 */
export class Reembedding implements ReembedService {
  readonly #parts: ReembedParts;
  readonly #stopping = new AbortController();
  #status: ReembedResponse = IDLE;
  #running: Promise<void> | null = null;

  constructor(parts: ReembedParts) {
    this.#parts = parts;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  get #lease(): JobLease {
    return this.#parts.leaseKeeper ?? SOLE_OWNER;
  }

  async status(): Promise<ReembedResponse> {
    return this.#status;
  }

  async start(request: ReembedRequest, { caller }: RequestContext): Promise<ReembedResponse> {
    const { ports, logger } = this.#parts;
    if (ports === null) throw new ChlError('CONFLICT', 'This service has one embedder only.');
    if (this.#running !== null) return this.#status;
    const begun = this.#begin(ports, request);
    // Set before the first wait, so that a second request joins.
    this.#running = begun.then(
      () => undefined,
      () => undefined,
    );
    try {
      const embedder = await begun;
      logger.info(
        { caller, from: this.#status.from, to: this.#status.to },
        'a change of embedder was asked for',
      );
      if (embedder === null) this.#running = null;
      else this.#running = this.#run(ports, embedder).finally(() => (this.#running = null));
    } catch (error) {
      this.#running = null;
      throw error;
    }
    return this.#status;
  }

  /** What is staged stays; the next run goes on from there. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** @returns null when there is nothing to do */
  async #begin(ports: ReembedPorts, request: ReembedRequest): Promise<Embedder | null> {
    const { reader } = this.#parts;
    const from = await reader.fingerprint();
    const embedder = await ports.openEmbedder(request);
    const to = fingerprintText(embedder.fingerprint);
    const { experiences, skills } = await reader.counts();
    const total = experiences + skills;
    if (from === to || from === null) {
      this.#status = { state: 'unchanged', from, to, done: total, total, error: null };
      await embedder.close();
      return null;
    }
    await this.#takeLease(embedder);
    this.#status = { state: 'embedding', from, to, done: await reader.stagedCount(to), total, error: null };
    return embedder;
  }

  /** @throws CONFLICT while another service changes the embedder */
  async #takeLease(embedder: Embedder): Promise<void> {
    const { leaseKeeper } = this.#parts;
    if (leaseKeeper === null || (await leaseKeeper.start())) return;
    await leaseKeeper.stop();
    await embedder.close();
    throw new ChlError('CONFLICT', 'Another service is changing the embedder of this database.', {
      operation: 'reembed',
      hint: 'Ask that one for its progress; after its death this one can go on within a minute.',
    });
  }

  async #run(ports: ReembedPorts, embedder: Embedder): Promise<void> {
    try {
      await this.#stageAll(embedder);
      this.#step('switching');
      failpoint('reembed.before-switch');
      await this.#switch(embedder);
      this.#step('opening');
      await replaceIndex(this.#parts, { ports, embedder, signal: this.#stopping.signal });
      this.#step('done');
      this.#parts.logger.info({ to: this.#status.to }, 'the embedder is changed');
    } catch (error) {
      const failure = toChlError(error, 'reembed');
      this.#status = { ...this.#status, state: 'failed', error: failure.message };
      this.#parts.logger.error({ err: failure }, 'the change of embedder did not finish; run it again');
    } finally {
      await this.#parts.leaseKeeper?.stop();
    }
  }

  #step(state: ReembedResponse['state']): void {
    this.#status = { ...this.#status, state, error: null };
  }

  async #stageAll(embedder: Embedder): Promise<void> {
    const staging = new Staging({ ...this.#parts, lease: this.#lease }, embedder, this.#stopping.signal);
    for (let passes = 0; passes < PASSES_MAX; passes += 1) {
      const staged = await staging.pass({
        staged: (count) => (this.#status = { ...this.#status, done: this.#status.done + count }),
        waitsFor: (error) => (this.#status = { ...this.#status, error }),
      });
      if (staged <= LEFT_FOR_THE_QUEUE_MAX) return;
    }
  }

  async #switch(embedder: Embedder): Promise<void> {
    const { committer, collection, gateway, clock } = this.#parts;
    // Before the transaction: a vector of the new embedder must never reach the old index.
    collection.takeTextOnly(true);
    try {
      await committer.submit({
        ...underLease(this.#lease),
        kind: 'switch-embedder',
        actor: 'reembed',
        atMs: clock.nowMs(),
        from: this.#status.from ?? '',
        to: fingerprintText(embedder.fingerprint),
      });
    } catch (error) {
      collection.takeTextOnly(false);
      throw error;
    }
    gateway.writeWith(embedder);
    this.#parts.embeddingQueue.retryNow();
  }
}
