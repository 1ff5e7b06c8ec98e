import { ChlError, toChlError } from '../../../src/core/errors.ts';
import type { IndexCollection, IndexHost } from '../../../src/core/ports/index-host.ts';
import type { Logger } from '../../../src/core/ports/runtime.ts';
import type {
  Answer,
  CallResults,
  CollectionCall,
  CollectionNumber,
  FromIndexProcess,
  SearchRequest,
  ToIndexProcess,
} from './protocol.ts';

/** The child's end of the channel: `process` in the entry. */
export interface IndexServerOptions {
  readonly host: IndexHost;
  readonly logger: Logger;
  send(message: FromIndexProcess): void;
  /** Runs `callback` once the messages that have already arrived were handled. */
  afterArrived(callback: () => void): void;
}

/** Serves an index host to another process. Whatever arrived together is answered together. */
export class IndexServer {
  readonly #options: IndexServerOptions;
  readonly #collections = new Map<CollectionNumber, IndexCollection>();
  #answers: Answer[] = [];
  #batchesTaken = 0;
  #flushing = false;

  constructor(options: IndexServerOptions) {
    this.#options = options;
  }

  receive(message: ToIndexProcess): void {
    switch (message.kind) {
      case 'open':
        this.#open(message.collection, this.#options.host.open(message.spec));
        return;
      case 'call':
        this.#answer(message.id, this.#call(message.collection, message.call));
        return;
      case 'searches':
        // The collection answers as one batch what is asked of it in one turn of the event loop.
        for (const search of message.searches) this.#answer(search.id, this.#search(search));
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
    this.#collections.set(number, collection);
    void collection.opened.then(() =>
      this.#options.send({ kind: 'opened', collection: number, state: collection.state }),
    );
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
        return collection.status();
      case 'close':
        this.#collections.delete(number);
        await collection.close();
        return undefined;
      default:
        return call satisfies never;
    }
  }

  #search({ collection, query }: SearchRequest): ReturnType<IndexCollection['search']> {
    try {
      return this.#collection(collection).search(query);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #collection(number: CollectionNumber): IndexCollection {
    const collection = this.#collections.get(number);
    if (collection !== undefined) return collection;
    throw new ChlError('UNAVAILABLE', 'The collection is closed.', { operation: 'index.host' });
  }

  #answer(id: number, result: Promise<Extract<Answer, { ok: true }>['value']>): void {
    void result.then(
      (value) => this.#push({ id, ok: true, value }),
      (thrown: unknown) => {
        const error = toChlError(thrown, 'index.process');
        // The other side gets no cause: this is the only place that can log it.
        if (error.code === 'INTERNAL') this.#options.logger.error({ error: error.cause }, error.message);
        this.#push({ id, ok: false, error: error.toData() });
      },
    );
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
    const message: FromIndexProcess = {
      kind: 'answers',
      answers: this.#answers,
      batchesTaken: this.#batchesTaken,
      states: [...this.#collections].map(([collection, { state }]) => ({ collection, state })),
    };
    this.#answers = [];
    this.#batchesTaken = 0;
    this.#options.send(message);
  }
}
