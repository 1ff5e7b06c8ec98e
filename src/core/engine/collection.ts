import { ChlError, toChlError } from '../errors.ts';
import { ObservedMutex } from '../locks/observed-mutex.ts';
import type {
  CollectionState,
  CollectionStatus,
  IndexCollection,
  IndexHits,
  IndexSearch,
  RebuildReport,
  SaveReport,
} from '../ports/index-host.ts';
import type { ChangeBatch } from '../ports/index-source.ts';
import type { Timer } from '../ports/runtime.ts';
import type { CollectionOptions } from './collection-options.ts';
import { collectionStatus } from './collection-status.ts';
import { IndexRecorder } from './index-recorder.ts';
import { openWithBackends } from './open-with-backends.ts';
import type { OpenIndex } from './recovery.ts';
import { answerAll, checkSearch } from './search.ts';
import { SearchBatcher } from './search-batcher.ts';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

/**
 * All vectors and texts of one embedder fingerprint: the index. It opens by itself, keeps trying with
 * growing pauses while it cannot, and can be thrown away at any moment: the database is the truth.
 */
export class Collection implements IndexCollection {
  readonly opened: Promise<void>;
  readonly #options: CollectionOptions;
  readonly #writeLock: ObservedMutex;
  readonly #maintenanceLock: ObservedMutex;
  readonly #recorder: IndexRecorder;
  readonly #closing = new AbortController();
  readonly #batcher = new SearchBatcher((queries) => this.#answer(queries));
  #state: CollectionState = 'opening';
  #reason: string | null = null;
  #index: OpenIndex | null = null;
  #failures = 0;
  #retry: Timer | null = null;
  #opening: Promise<void>;
  #recoveries = 0;
  #searches = 0;

  constructor(options: CollectionOptions) {
    this.#options = options;
    const { clock, logger } = options;
    this.#recorder = new IndexRecorder(clock);
    this.#writeLock = new ObservedMutex({ name: 'index.write', clock, logger });
    this.#maintenanceLock = new ObservedMutex({ name: 'index.maintenance', clock, logger });
    this.#opening = this.#open();
    this.opened = this.#opening;
  }

  get state(): CollectionState {
    return this.#state;
  }

  async apply(batch: ChangeBatch): Promise<void> {
    const index = this.#ready();
    await this.#orReopen(index, index.changes.apply(batch));
    index.maintenance.wake();
  }

  async search(query: IndexSearch): Promise<IndexHits> {
    const index = this.#ready();
    checkSearch(query, this.#options.spec.dimension);
    if (query.minSeq > index.state.applied.seq)
      await this.#orReopen(index, index.changes.waitFor(query.minSeq));
    return this.#batcher.search(query);
  }

  save(): Promise<SaveReport> {
    return this.#afterReady((index) => index.maintenance.save());
  }

  rebuild(): Promise<RebuildReport> {
    return this.#afterReady((index) => index.maintenance.rebuild());
  }

  status(): Promise<CollectionStatus> {
    const { spec } = this.#options;
    const locks = { write: this.#writeLock.status(), maintenance: this.#maintenanceLock.status() };
    const counters = { recoveries: this.#recoveries, searches: this.#searches };
    const figures = this.#recorder.figures();
    const life = { state: this.#state, reason: this.#reason, locks, counters, figures };
    return Promise.resolve(collectionStatus(spec, this.#index, life));
  }

  /** Saves, and lets go of everything. What cannot be saved is recovered by the next start. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const stopped = this.#index?.maintenance.stop();
    this.#closing.abort(new ChlError('UNAVAILABLE', 'The index is closing.'));
    this.#retry?.cancel();
    await this.#opening;
    const index = this.#index;
    if (index === null) return;
    await stopped;
    await index.maintenance.saveIfDirty();
    await this.#release(index);
  }

  async #open(): Promise<void> {
    const { options } = this.#context;
    try {
      const index = await openWithBackends(this.#context);
      this.#index = index;
      if (this.#state === 'closed') return;
      this.#state = 'ready';
      this.#reason = null;
      this.#failures = 0;
      this.#recoveries += 1;
      this.#recorder.recovered(index.recovery.source);
      options.logger.info({ ...index.recovery, backend: index.backend.name }, 'the index is open');
      await index.maintenance.settle();
    } catch (error) {
      this.#retryLater(error);
    }
  }

  get #context() {
    return {
      options: this.#options,
      writeLock: this.#writeLock,
      maintenanceLock: this.#maintenanceLock,
      signal: this.#closing.signal,
    };
  }

  #retryLater(error: unknown): void {
    if (this.#state === 'closed') return;
    const { clock, logger } = this.#options;
    const failure = toChlError(error, 'index.open');
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
    this.#failures += 1;
    this.#state = 'unavailable';
    this.#reason = failure.message;
    logger.error({ err: failure, delayMs }, 'the index could not be opened; it will be tried again');
    this.#retry = clock.setTimer(() => {
      this.#state = 'opening';
      this.#opening = this.#open();
    }, delayMs);
  }

  /** Changes that the database no longer keeps cannot be caught up with: the index is opened anew. */
  async #orReopen<T>(index: OpenIndex, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof ChlError && error.code === 'GONE')) throw error;
      if (this.#index === index && this.#state === 'ready') {
        this.#state = 'opening';
        this.#reason = error.message;
        this.#opening = this.#reopen(index);
      }
      throw this.#unavailable(error);
    }
  }

  async #reopen(index: OpenIndex): Promise<void> {
    this.#index = null;
    await index.maintenance.stop();
    await this.#release(index);
    await this.#open();
  }

  async #release(index: OpenIndex): Promise<void> {
    this.#index = null;
    index.state.close();
    await index.store.close();
  }

  #answer(queries: readonly IndexSearch[]): readonly IndexHits[] {
    const { state, backend } = this.#ready();
    this.#searches += queries.length;
    return answerAll({ state, backend: backend.name, recorder: this.#recorder }, queries);
  }

  async #afterReady<T>(work: (index: OpenIndex) => Promise<T>): Promise<T> {
    return work(this.#ready());
  }

  /** @throws UNAVAILABLE */
  #ready(): OpenIndex {
    if (this.#state === 'ready' && this.#index !== null) return this.#index;
    throw this.#unavailable();
  }

  #unavailable(cause?: unknown): ChlError {
    const why = this.#reason === null ? '.' : `: ${this.#reason}`;
    return new ChlError('UNAVAILABLE', `The index is ${this.#state}${why}`, {
      cause,
      hint: 'Text search in the database answers meanwhile.',
      retryAfterSeconds: 1,
    });
  }
}
