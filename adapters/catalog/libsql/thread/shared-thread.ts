import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { THREAD_LIMITS, type ThreadEnd } from './thread-end.ts';

/** What the thread is sent for each conversation; `src/entry/database-thread.ts` answers it. */
export interface ConversationOrder {
  readonly service: ThreadedService;
  readonly port: MessagePort;
  readonly data: unknown;
}

export type ThreadedService = 'writer' | 'reader';

/**
 * One thread that serves many databases: a thread costs about 10 MB, a conversation on it next to
 * nothing. Each has a port of its own, so they share time and nothing else. When the thread dies
 * every conversation on it ends, and the next one starts another thread.
 */
export class SharedThread {
  readonly #url: URL;
  readonly #service: ThreadedService;
  #running: RunningThread | null = null;

  /** @param url compiled `src/entry/database-thread` */
  constructor(url: URL, service: ThreadedService) {
    this.#url = url;
    this.#service = service;
  }

  connect(data: unknown): ThreadEnd {
    this.#running ??= this.#start();
    const { worker, ended } = this.#running;
    const { port1: near, port2: far } = new MessageChannel();
    let onEnd: (cause: unknown) => void = () => undefined;
    const end = (cause: unknown): void => {
      ended.delete(end);
      near.close();
      onEnd(cause);
      onEnd = () => undefined;
    };
    ended.add(end);
    near.on('messageerror', end);
    const order: ConversationOrder = { service: this.#service, port: far, data };
    worker.postMessage(order, [far]);
    return {
      send: (message, transfer) => near.postMessage(message, transfer),
      onMessage: (listener) => void near.on('message', listener),
      onEnd: (listener) => {
        onEnd = listener;
      },
      end: async () => end(null),
    };
  }

  /** After every conversation: what is still open ends. */
  async close(): Promise<void> {
    await this.#running?.worker.terminate();
  }

  #start(): RunningThread {
    const worker = new Worker(this.#url, { resourceLimits: THREAD_LIMITS });
    const running: RunningThread = { worker, ended: new Set() };
    let cause: unknown = null;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      if (this.#running === running) this.#running = null;
      for (const end of running.ended) end(cause);
    });
    return running;
  }
}

interface RunningThread {
  readonly worker: Worker;
  /** Told when the thread has died: one for each conversation. */
  readonly ended: Set<(cause: unknown) => void>;
}
