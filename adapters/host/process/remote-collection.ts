import { ChlError } from '../../../src/core/errors.ts';
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
import { indexAway } from './pending-calls.ts';
import type { CallResults, CollectionCall } from './protocol.ts';
import { statusOfAway } from '../status-of-away.ts';

/** How a collection reaches the index process that is there at the time. */
export interface CollectionChannel {
  /** @throws UNAVAILABLE when no process is there, or it dies before it answers */
  call<Method extends CollectionCall['method']>(
    call: Extract<CollectionCall, { method: Method }>,
  ): Promise<CallResults[Method]>;
  search(query: IndexSearch): Promise<IndexHits>;
  /** @throws UNAVAILABLE when the answer is overdue; it may still come */
  inTime<Result>(answer: Promise<Result>): Promise<Result>;
  /** The collection was closed: it is not opened again in the next process. */
  closed(): void;
}

/** A collection in the index process, as seen from the serving process. */
export class RemoteCollection implements IndexCollection {
  readonly spec: CollectionSpec;
  readonly searchable: Promise<void>;
  readonly opened: Promise<void>;
  readonly #channel: CollectionChannel;
  #resolveSearchable: () => void = () => undefined;
  #resolveOpened: () => void = () => undefined;
  #state: CollectionState = 'opening';
  #reason: string | null = null;
  /** The process that is there now has spoken. Before, it is still being loaded, and nobody waits for that. */
  #isReached = false;
  #lastStatus: CollectionStatus | null = null;
  /** Batches that a process which hangs has not confirmed; until it has, it cannot answer searches rightly. */
  #overdueBatches = 0;

  constructor(spec: CollectionSpec, channel: CollectionChannel) {
    this.spec = spec;
    this.#channel = channel;
    this.searchable = new Promise((resolve) => {
      this.#resolveSearchable = resolve;
    });
    this.opened = new Promise((resolve) => {
      this.#resolveOpened = resolve;
    });
  }

  get state(): CollectionState {
    return this.#state === 'ready' && this.#overdueBatches > 0 ? 'unavailable' : this.#state;
  }

  /**
   * A batch goes to a process that hangs, is being loaded or opens the collection, too, so that it is
   * complete when it comes round; nobody waits for that.
   */
  async apply(batch: ChangeBatch): Promise<void> {
    const applying = this.#call({ method: 'apply', batch });
    try {
      await (this.#isAway ? Promise.race([applying, this.#away()]) : this.#channel.inTime(applying));
    } catch (error) {
      this.#overdueBatches += 1;
      const settled = (): void => {
        this.#overdueBatches -= 1;
      };
      // Its process died, or the batch failed: the error is either the one thrown, or the next caller's.
      void applying.then(settled, settled);
      throw error;
    }
  }

  async search(query: IndexSearch): Promise<IndexHits> {
    this.#checkOpen();
    if (this.#isAway) return this.#away();
    return this.#channel.search(query);
  }

  save(): Promise<SaveReport> {
    return this.#call({ method: 'save' });
  }

  rebuild(): Promise<RebuildReport> {
    return this.#call({ method: 'rebuild' });
  }

  /** Answers while the process is away, too: what was last known, and why it is away. Health waits for no start. */
  async status(): Promise<CollectionStatus> {
    if (this.#state === 'opening' || (!this.#isReached && this.#state !== 'closed')) {
      return statusOfAway(this.spec, this.#lastStatus, this.#state, this.#whyUnready);
    }
    try {
      this.#lastStatus = await this.#channel.inTime(this.#call({ method: 'status' }));
      return this.#lastStatus;
    } catch (error) {
      if (!(error instanceof ChlError && error.code === 'UNAVAILABLE')) throw error;
      // Whatever it said of itself last: who does not answer is not ready.
      const state = this.#state === 'ready' ? 'unavailable' : this.#state;
      return statusOfAway(this.spec, this.#lastStatus, state, this.#reason ?? error.message);
    }
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    const closing = this.#call({ method: 'close' });
    this.#state = 'closed';
    this.#channel.closed();
    this.#resolveSearchable();
    this.#resolveOpened();
    try {
      await closing;
    } catch (error) {
      // Gone before it could save: what the save lacks is replayed at the next start.
      if (!(error instanceof ChlError && error.code === 'UNAVAILABLE')) throw error;
    }
  }

  /** The index process says how it stands. */
  reported(state: CollectionState, hasOpened: boolean): void {
    if (this.#state === 'closed') return;
    this.#isReached = true;
    this.#state = state;
    this.#reason = null;
    if (state !== 'opening') this.#resolveSearchable();
    if (hasOpened) this.#resolveOpened();
  }

  /** The process died; another will open the collection. */
  lost(reason: string): void {
    if (this.#state === 'closed') return;
    this.#isReached = false;
    this.#state = 'unavailable';
    this.#reason = reason;
    this.#resolveSearchable();
    this.#resolveOpened();
  }

  async #call<Method extends CollectionCall['method']>(
    call: Extract<CollectionCall, { method: Method }>,
  ): Promise<CallResults[Method]> {
    this.#checkOpen();
    return this.#channel.call(call);
  }

  /** Nothing that is asked now would be answered soon and well. */
  get #isAway(): boolean {
    return !this.#isReached || this.#state === 'opening' || this.#overdueBatches > 0;
  }

  /** @throws UNAVAILABLE always */
  async #away(): Promise<never> {
    const isUnready = !this.#isReached || this.#state === 'opening';
    throw indexAway(isUnready ? this.#whyUnready : 'its process does not answer');
  }

  get #whyUnready(): string {
    if (!this.#isReached) return this.#reason ?? 'its process is being started';
    return 'it is being opened';
  }

  #checkOpen(): void {
    if (this.#state === 'closed') {
      throw new ChlError('UNAVAILABLE', 'The collection is closed.', {
        operation: 'index.host',
        retryable: false,
      });
    }
  }
}
