import type { Transferable } from 'node:worker_threads';
import { ChlError } from '../../../../src/core/errors.ts';
import type { ThreadData, ThreadMessage, ThreadRequest } from './protocol.ts';
import type { FaultListener } from './serve-thread.ts';
import { startConversation, type ThreadEnd, type ThreadPlace } from './thread-end.ts';

export interface ThreadClientOptions {
  readonly place: ThreadPlace;
  readonly data: ThreadData;
  readonly onFault: FaultListener;
  /** What a call is answered that was under way when the thread died. */
  readonly lost: (cause: unknown) => ChlError;
}

interface Waiting<Result> {
  readonly resolve: (result: Result | null) => void;
  readonly reject: (error: ChlError) => void;
}

/** A thread that is one conversation of calls and answers. When it dies the next call starts another. */
export class ThreadClient<Call, Result> {
  readonly #options: ThreadClientOptions;
  readonly #waiting = new Map<number, Waiting<Result>>();
  #thread: Promise<ThreadEnd> | null = null;
  #lastId = 0;
  #closed = false;

  constructor(options: ThreadClientOptions) {
    this.#options = options;
  }

  /** Starts the thread and waits until it has opened the database. @throws what the open threw there */
  async start(): Promise<void> {
    this.#thread ??= this.#spawn();
    await this.#thread;
  }

  /** @param transfer buffers that move to the thread; the caller must own them */
  async call(call: Call, transfer: readonly Transferable[] = []): Promise<Result> {
    const result = await this.#send(call, transfer);
    if (result === null) throw new ChlError('INTERNAL', 'The thread closed instead of answering.');
    return result;
  }

  async close(): Promise<void> {
    if (this.#closed || this.#thread === null) return;
    await this.#send('close', []);
    this.#closed = true;
    await (await this.#thread)?.end();
  }

  async #send(call: Call | 'close', transfer: readonly Transferable[]): Promise<Result | null> {
    if (this.#closed) throw new ChlError('UNAVAILABLE', 'The database is closed.');
    this.#thread ??= this.#spawn();
    const thread = await this.#thread;
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const request: ThreadRequest<Call> = { id, call };
      thread.send(request, transfer);
    });
  }

  #spawn(): Promise<ThreadEnd> {
    const thread = startConversation(this.#options.place, this.#options.data);
    return new Promise((resolve, reject) => {
      thread.onEnd((cause) => {
        this.#forget(cause);
        // Of no effect once it was ready; before that, nothing had been asked of it.
        reject(new ChlError('UNAVAILABLE', 'A thread of the database could not be started.', { cause }));
      });
      thread.onMessage((received) => {
        const message = received as ThreadMessage<Result>;
        if (message.kind === 'ready') resolve(thread);
        else if (message.kind === 'refused') {
          reject(ChlError.fromData(message.error));
          void thread.end();
        } else this.#receive(message);
      });
    });
  }

  #receive(message: Exclude<ThreadMessage<Result>, { readonly kind: 'ready' | 'refused' }>): void {
    if (message.kind === 'fault') {
      this.#options.onFault(message.fault);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'failure') waiting?.reject(ChlError.fromData(message.error));
    else waiting?.resolve(message.kind === 'result' ? message.result : null);
  }

  #forget(cause: unknown): void {
    this.#thread = null;
    if (this.#closed) return;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#options.onFault({
      message: `A thread of the database ended; ${lost.length} calls were under way.`,
      sqliteCode: null,
      cause: cause instanceof Error ? cause.message : 'unknown',
    });
    for (const { reject } of lost) reject(this.#options.lost(cause));
  }
}
