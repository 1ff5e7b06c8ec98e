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
  readonly searchable: Promise<void>;
  readonly opened: Promise<void>;
  readonly #options: CollectionOptions;
  readonly #writeLock: ObservedMutex;
  readonly #maintenanceLock: ObservedMutex;
  readonly #recorder: IndexRecorder;
  readonly #closing = new AbortController();
  readonly #batcher = new SearchBatcher((queries) => this.#answer(queries));
  #becameSearchable: () => void = () => undefined;
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
    this.searchable = new Promise((resolve) => {
      this.#becameSearchable = resolve;
    });
    this.#opening = this.#open();
    this.opened = this.#opening;
  }

  get state(): CollectionState {
    return this.#state;
  }

  async apply(batch: ChangeBatch): Promise<void> {
    if (this.#index === null || this.#state === 'closed') throw this.#unavailable();
    const index = this.#index;
    await this.#orReopen(index, index.changes.apply(batch));
    index.maintenance.wake();
    await index.maintenance.keepPace();
  }

  async search(query: IndexSearch): Promise<IndexHits> {
    const index = this.#ready();
    checkSearch(query, this.#options.spec.dimension);
    requireWords(index, query);
    if (query.minSeq > index.state.applied.seq) {
      await this.#orReopen(index, index.changes.waitFor(query.minSeq));
      requireWords(this.#ready(), query);
    }
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
      await this.#catchUp(index);
      if (this.#state === 'closed') return;
      this.#state = 'ready';
      this.#reason = null;
      this.#failures = 0;
      this.#recoveries += 1;
      this.#recorder.recovered(index.recovery.source);
      options.logger.info(
        { ...index.recovery, backend: index.backend.name, scanKernel: index.scanning.status },
        'the index is open',
      );
      this.#becameSearchable();
      await Promise.all([index.maintenance.settle(), this.#fillWords(index)]);
    } catch (error) {
      this.#openLater(error);
    }
  }

  /**
   * From here on it takes what is applied, and what was committed before is in the database: a write
   * that was told "not open yet" is among it, and no search comes before it.
   */
  async #catchUp(index: OpenIndex): Promise<void> {
    this.#index = index;
    try {
      await index.changes.catchUpToNow();
    } catch (error) {
      // Who closes meanwhile lets go of it.
      if (this.#state !== 'closed') await this.#release(index);
      throw error;
    }
  }

  /** Vectors go on answering when the database is away for a while: words are then filled in later. */
  async #fillWords(index: OpenIndex): Promise<void> {
    const { clock, logger } = this.#options;
    const startedAtMs = clock.monotonicMs();
    try {
      await index.words.run();
      const durationMs = clock.monotonicMs() - startedAtMs;
      if (index.words.isDone) logger.info({ durationMs }, 'the words of the index are in');
    } catch (error) {
      if (this.#index !== index) return;
      this.#retryLater(error, 'the words of the index could not all be read; the rest is read later', () =>
        this.#fillWords(index),
      );
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

  #openLater(error: unknown): void {
    if (this.#state === 'closed') return;
    this.#state = 'unavailable';
    this.#reason = toChlError(error, 'index.open').message;
    this.#becameSearchable();
    this.#retryLater(error, 'the index could not be opened; it will be tried again', () => {
      this.#state = 'opening';
      return this.#open();
    });
  }

  #retryLater(error: unknown, message: string, again: () => Promise<void>): void {
    if (this.#state === 'closed') return;
    const { clock, logger } = this.#options;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
    this.#failures += 1;
    logger.error({ err: toChlError(error, 'index.open'), delayMs }, message);
    this.#retry = clock.setTimer(() => {
      this.#opening = again();
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
    this.#retry?.cancel();
    await index.maintenance.stop();
    await this.#release(index);
    await this.#open();
  }

  async #release(index: OpenIndex): Promise<void> {
    this.#index = null;
    index.words.stop();
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

/** @throws UNAVAILABLE while words are being indexed: a search by text would miss some, and not know it */
function requireWords({ words }: OpenIndex, { mode }: IndexSearch): void {
  if (mode === 'vector' || words.isDone) return;
  throw new ChlError('UNAVAILABLE', 'The words of the index are still being read.', {
    operation: 'index.search',
    hint: 'Text search in the database answers meanwhile; vectors alone can be searched already.',
    retryAfterSeconds: 1,
  });
}
