import { ChlError } from '../../../src/core/errors.ts';
import type { Found } from './packed-hits.ts';
import type { Answer } from './protocol.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: ChlError): void;
}

/** Requests that were sent and not yet answered, by number. */
export class PendingCalls {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * @param send puts the request on its way under the number it is given
   * @typeParam Result what the other side answers to such a request; the protocol says so
   */
  start<Result>(send: (id: number) => void): Promise<Result> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      try {
        send(id);
      } catch (error) {
        this.#waiting.delete(id);
        throw error;
      }
    });
  }

  settle(answer: Answer): void {
    const waiting = this.#take(answer.id);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(ChlError.fromData(answer.error));
  }

  found({ id, hits }: Found): void {
    this.#take(id)?.resolve(hits);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  /** The process that should have answered is gone. */
  rejectAll(reason: string): void {
    const abandoned = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiting of abandoned) waiting.reject(indexAway(reason));
  }
}

export const indexAway = (reason: string): ChlError =>
  new ChlError('UNAVAILABLE', `The index is not available: ${reason}.`, {
    hint: 'It is being restarted; text search answers meanwhile.',
    operation: 'index.host',
    retryAfterSeconds: 1,
  });
