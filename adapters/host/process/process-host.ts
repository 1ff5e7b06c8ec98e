import type {
  CollectionSpec,
  IndexCollection,
  IndexHost,
  IndexSearch,
} from '../../../src/core/ports/index-host.ts';
import type { Clock, Logger } from '../../../src/core/ports/runtime.ts';
import { unpackHits } from './packed-hits.ts';
import { indexAway, PendingCalls } from './pending-calls.ts';
import type { CallResults, CollectionNumber, FromIndexProcess, ToIndexProcess } from './protocol.ts';
import { RemoteCollection } from './remote-collection.ts';
import type { CollectionChannel } from './remote-collection.ts';
import { SearchBatcher } from './search-batcher.ts';
import { Supervisor } from './supervisor.ts';

export interface ProcessHostOptions {
  /** Compiled `src/entry/index-process`. */
  readonly entry: URL;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A process that lives but does not answer is given up by whoever waits, long before it counts as
 * hung: searches go on by text, and health says so.
 */
const ANSWER_MAX_MS = 5_000;

/** So many early deaths in a row, and `auto` goes on to the next backend. */
const NATIVE_DEATHS_MAX = 3;

/**
 * Indexes in a child process. FAISS may be loaded in one thread per process only, and an error in it
 * aborts the process; the service must outlive that. While the child is away everything asked of it
 * is UNAVAILABLE at once; the next child opens the same collections and replays what they missed.
 */
export class ProcessHost implements IndexHost {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #supervisor: Supervisor;
  readonly #pending = new PendingCalls();
  readonly #batcher: SearchBatcher;
  readonly #collections = new Map<CollectionNumber, RemoteCollection>();
  #lastCollection = 0;

  constructor(options: ProcessHostOptions) {
    this.#logger = options.logger;
    this.#clock = options.clock;
    this.#batcher = new SearchBatcher((searches) => this.#send({ kind: 'searches', searches }));
    this.#supervisor = new Supervisor({
      ...options,
      onStart: () => this.#openAll(),
      onMessage: (message) => this.#receive(message),
      onDeath: (reason) => this.#lost(reason),
    });
    this.#supervisor.start();
  }

  /** The index process, for status pages and for tests that kill it; null while there is none. */
  get pid(): number | null {
    return this.#supervisor.pid;
  }

  open(spec: CollectionSpec): IndexCollection {
    this.#lastCollection += 1;
    const number = this.#lastCollection;
    const collection = new RemoteCollection(spec, this.#channelOf(number));
    this.#collections.set(number, collection);
    // With no process just now, the next one opens it.
    this.#supervisor.send({ kind: 'open', collection: number, spec: this.#bearable(spec) });
    return collection;
  }

  /** Closes every collection, which saves it as its policy says, and ends the process. */
  close(): Promise<void> {
    return this.#supervisor.close(async () => {
      await Promise.all([...this.#collections.values()].map((collection) => collection.close()));
    });
  }

  #channelOf(number: CollectionNumber): CollectionChannel {
    return {
      call: (call) =>
        this.#pending.start<CallResults[typeof call.method]>((id) =>
          this.#send({ kind: 'call', id, collection: number, call }),
        ),
      search: (query: IndexSearch) =>
        this.#inTime(
          this.#pending.start((id) => {
            if (this.pid === null) throw indexAway('its process is being restarted');
            this.#batcher.add({ id, collection: number, query });
          }),
        ),
      inTime: (answer) => this.#inTime(answer),
      closed: () => this.#collections.delete(number),
    };
  }

  #inTime<Result>(answer: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const overdue = this.#clock.setTimer(
        () => reject(indexAway('its process does not answer')),
        ANSWER_MAX_MS,
      );
      void answer.then(resolve, reject).finally(() => overdue.cancel());
    });
  }

  #send(message: ToIndexProcess): void {
    if (!this.#supervisor.send(message)) throw indexAway('its process is being restarted');
  }

  #openAll(): void {
    for (const [number, { spec }] of this.#collections) {
      this.#supervisor.send({ kind: 'open', collection: number, spec: this.#bearable(spec) });
    }
  }

  /** The last step of the recovery ladder, where a native library ends the process instead of failing. */
  #bearable(spec: CollectionSpec): CollectionSpec {
    if (spec.backend !== 'auto') return spec;
    const deaths = this.#supervisor.earlyDeaths;
    if (deaths < NATIVE_DEATHS_MAX) return spec;
    const backend = deaths < 2 * NATIVE_DEATHS_MAX ? 'hnswlib-wasm' : 'flat';
    this.#logger.warn({ deaths, backend }, 'The index process keeps dying; another backend is tried.');
    return { ...spec, backend };
  }

  #receive(message: FromIndexProcess): void {
    switch (message.kind) {
      case 'answers':
        for (const answer of message.answers) this.#pending.settle(answer);
        for (const found of unpackHits(message.found)) this.#pending.found(found);
        this.#batcher.taken(message.batchesTaken);
        return;
      case 'state':
        this.#collections.get(message.collection)?.reported(message.state, message.hasOpened);
        return;
      case 'log':
        this.#logger[message.level](message.fields, message.message);
        return;
      case 'pong':
        return;
      default:
        message satisfies never;
    }
  }

  #lost(reason: string): void {
    this.#batcher.reset();
    for (const collection of this.#collections.values()) collection.lost(reason);
    this.#pending.rejectAll(reason);
  }
}
