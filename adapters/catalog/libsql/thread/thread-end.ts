import { Worker, type Transferable } from 'node:worker_threads';
import type { SharedThread } from './shared-thread.ts';

/**
 * A thread keeps nothing from one call to the next, and a call's objects are a megabyte or two. V8 would
 * let them gather up to 48 MB before it looks. With 6 (three semi-spaces of 2) a thread that writes for an
 * import holds 7 MB less than with 12, for as much processor time.
 */
export const THREAD_LIMITS = { maxYoungGenerationSizeMb: 6 };

/** Where a service of the database runs: on a thread of its own, or beside others on a shared one. */
export type ThreadPlace = URL | SharedThread;

/** This side's end of one conversation with a thread. */
export interface ThreadEnd {
  send(message: unknown, transfer: readonly Transferable[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, whoever ended it. @param listener gets what the thread died of; null when nothing was wrong */
  onEnd(listener: (cause: unknown) => void): void;
  end(): Promise<void>;
}

/** @param data what the service there is told to open */
export const startConversation = (place: ThreadPlace, data: unknown): ThreadEnd =>
  place instanceof URL ? ownThread(place, data) : place.connect(data);

function ownThread(url: URL, data: unknown): ThreadEnd {
  const worker = new Worker(url, { workerData: data, resourceLimits: THREAD_LIMITS });
  let cause: unknown = null;
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('messageerror', (error) => {
    cause = error;
    void worker.terminate();
  });
  return {
    send: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (listener) => void worker.on('message', listener),
    onEnd: (listener) => void worker.on('exit', () => listener(cause)),
    end: async () => void (await worker.terminate()),
  };
}
