import { ChlError, toChlError } from '../../../src/core/errors.ts';
import type {
  CollectionSpec,
  CollectionState,
  CollectionStatus,
  IndexCollection,
  IndexHits,
  IndexSearch,
  RebuildReport,
  SaveReport,
} from '../../../src/core/ports/index-host.ts';
import type { ChangeBatch } from '../../../src/core/ports/index-source.ts';
import type { Clock, Logger, Timer } from '../../../src/core/ports/runtime.ts';
import { statusOfAway } from '../status-of-away.ts';

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 30_000;

export interface AssembledCollection {
  readonly collection: IndexCollection;
  /** Closes what the collection was made of, after it. */
  release(): Promise<void>;
}

export interface OpeningCollectionOptions {
  readonly spec: CollectionSpec;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Opens folder and database; either may not be there yet. */
  assemble(): Promise<AssembledCollection>;
  onClosed(): void;
}

/**
 * A collection from before its folder and database are open. Until then it is away; when they cannot
 * be opened it tries again, with growing pauses. Then it is the collection itself.
 */
export class OpeningCollection implements IndexCollection {
  readonly searchable: Promise<void>;
  readonly opened: Promise<void>;
  readonly #options: OpeningCollectionOptions;
  #assembled: AssembledCollection | null = null;
  #attempt: Promise<void>;
  #retry: Timer | null = null;
  #failures = 0;
  #reason = 'it is being opened';
  #isClosed = false;

  constructor(options: OpeningCollectionOptions) {
    this.#options = options;
    this.#attempt = this.#tryToAssemble();
    this.searchable = this.#attempt.then(() => this.#assembled?.collection.searchable);
    this.opened = this.#attempt.then(() => this.#assembled?.collection.opened);
  }

  get state(): CollectionState {
    if (this.#isClosed) return 'closed';
    if (this.#assembled !== null) return this.#assembled.collection.state;
    return this.#failures === 0 ? 'opening' : 'unavailable';
  }

  async apply(batch: ChangeBatch): Promise<void> {
    return this.#collection().apply(batch);
  }

  async search(query: IndexSearch): Promise<IndexHits> {
    return this.#collection().search(query);
  }

  async save(): Promise<SaveReport> {
    return this.#collection().save();
  }

  async rebuild(): Promise<RebuildReport> {
    return this.#collection().rebuild();
  }

  async status(): Promise<CollectionStatus> {
    if (this.#assembled !== null) return this.#assembled.collection.status();
    return statusOfAway(this.#options.spec, null, this.state, this.#reason);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#retry?.cancel();
    await this.#attempt;
    const assembled = this.#assembled;
    this.#assembled = null;
    await assembled?.collection.close();
    await assembled?.release();
    this.#options.onClosed();
  }

  #collection(): IndexCollection {
    if (this.#assembled !== null) return this.#assembled.collection;
    throw new ChlError('UNAVAILABLE', `The index is not available: ${this.#reason}.`, {
      operation: 'index.host',
      retryAfterSeconds: 1,
    });
  }

  async #tryToAssemble(): Promise<void> {
    try {
      this.#assembled = await this.#options.assemble();
    } catch (thrown) {
      const error = toChlError(thrown, 'index.open');
      this.#failures += 1;
      this.#reason = error.message;
      this.#options.logger.warn(
        { err: error, failures: this.#failures },
        'The index could not be opened; it will be tried again.',
      );
      this.#retryLater();
    }
  }

  #retryLater(): void {
    if (this.#isClosed) return;
    const delayMs = Math.min(RETRY_MIN_MS * 2 ** (this.#failures - 1), RETRY_MAX_MS);
    this.#retry = this.#options.clock.setTimer(() => {
      this.#attempt = this.#tryToAssemble();
    }, delayMs);
  }
}
