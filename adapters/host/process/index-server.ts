import { ChlError, toChlError } from '../../../src/core/errors.ts';
import type {
  CollectionState,
  IndexCollection,
  IndexHost,
  ProcessFigures,
} from '../../../src/core/ports/index-host.ts';
import type { Clock, Logger } from '../../../src/core/ports/runtime.ts';
import { packHits, type Found } from './packed-hits.ts';
import type {
  Answer,
  CallResults,
  CollectionCall,
  CollectionNumber,
  FromIndexProcess,
  SearchRequest,
  ToIndexProcess,
} from './protocol.ts';

/** How late the serving process may learn that a collection has opened, or has come back by itself. */
const STATE_REPORT_MS = 50;

/** The child's end of the channel: `process` in the entry. */
export interface IndexServerOptions {
  readonly host: IndexHost;
  readonly clock: Clock;
  readonly logger: Logger;
  send(message: FromIndexProcess): void;
  /** Of the process this runs in; told with every status. */
  processFigures(): ProcessFigures;
  /** Runs `callback` once the messages that have already arrived were handled. */
  afterArrived(callback: () => void): void;
}

interface OpenCollection {
  readonly collection: IndexCollection;
  hasOpened: boolean;
  /** What the serving process was last told; null when it must be told anew. */
  reported: CollectionState | null;
}

/** Serves an index host to another process. Whatever arrived together is answered together. */
export class IndexServer {
  readonly #options: IndexServerOptions;
  readonly #collections = new Map<CollectionNumber, OpenCollection>();
  #answers: Answer[] = [];
  #found: Found[] = [];
  #batchesTaken = 0;
  #flushing = false;

  constructor(options: IndexServerOptions) {
    this.#options = options;
    this.#watchStates();
  }

  receive(message: ToIndexProcess): void {
    switch (message.kind) {
      case 'open':
        this.#open(message.collection, this.#options.host.open(message.spec));
        return;
      case 'call':
        void this.#call(message.collection, message.call).then(
          (value) => this.#push({ id: message.id, ok: true, value }),
          (thrown: unknown) => this.#failed(message.id, thrown),
        );
        return;
      case 'searches':
        // The collection answers as one batch what is asked of it in one turn of the event loop.
        for (const search of message.searches) void this.#search(search);
        this.#batchesTaken += 1;
        this.#flushSoon();
        return;
      case 'ping':
        this.#options.send({ kind: 'pong' });
        return;
      default:
        message satisfies never;
    }
  }

  #open(number: CollectionNumber, collection: IndexCollection): void {
    const open: OpenCollection = { collection, hasOpened: false, reported: null };
    this.#collections.set(number, open);
    // That it is being opened: until it is heard of, nobody asks this process anything.
    this.#reportStates();
    void collection.searchable.then(() => this.#reportStates());
    void collection.opened.then(() => {
      open.hasOpened = true;
      open.reported = null;
      this.#reportStates();
    });
  }

  /** A collection that retries by itself tells nobody; so its state is looked at. */
  #watchStates(): void {
    this.#options.clock.setTimer(() => {
      this.#reportStates();
      this.#watchStates();
    }, STATE_REPORT_MS);
  }

  #reportStates(): void {
    for (const [number, open] of this.#collections) {
      const { state } = open.collection;
      if (state === open.reported) continue;
      open.reported = state;
      this.#options.send({ kind: 'state', collection: number, state, hasOpened: open.hasOpened });
    }
  }

  async #call(number: CollectionNumber, call: CollectionCall): Promise<CallResults[keyof CallResults]> {
    const collection = this.#collection(number);
    switch (call.method) {
      case 'apply':
        await collection.apply(call.batch);
        return undefined;
      case 'save':
        return collection.save();
      case 'rebuild':
        return collection.rebuild();
      case 'status':
        return { ...(await collection.status()), process: this.#options.processFigures() };
      case 'close':
        this.#collections.delete(number);
        await collection.close();
        return undefined;
      default:
        return call satisfies never;
    }
  }

  async #search({ id, collection, query }: SearchRequest): Promise<void> {
    try {
      this.#found.push({ id, hits: await this.#collection(collection).search(query) });
      this.#flushSoon();
    } catch (error) {
      this.#failed(id, error);
    }
  }

  #collection(number: CollectionNumber): IndexCollection {
    const open = this.#collections.get(number);
    if (open !== undefined) return open.collection;
    throw new ChlError('UNAVAILABLE', 'The collection is closed.', { operation: 'index.host' });
  }

  #failed(id: number, thrown: unknown): void {
    const error = toChlError(thrown, 'index.process');
    // The other side gets no cause: this is the only place that can log it.
    if (error.code === 'INTERNAL') this.#options.logger.error({ error: error.cause }, error.message);
    this.#push({ id, ok: false, error: error.toData() });
  }

  #push(answer: Answer): void {
    this.#answers.push(answer);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#options.afterArrived(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    // Before the answers, so that who is told "unavailable" sees the same in the state.
    this.#reportStates();
    const message: FromIndexProcess = {
      kind: 'answers',
      answers: this.#answers,
      found: packHits(this.#found),
      batchesTaken: this.#batchesTaken,
    };
    this.#answers = [];
    this.#found = [];
    this.#batchesTaken = 0;
    this.#options.send(message);
  }
}
