import { ChlError } from '../core/errors.ts';
import type { IdempotencyKey } from './operation-stamp.ts';
import type { RequestContext } from './request-context.ts';
import { requestHash } from './request-hash.ts';

interface Running {
  readonly requestHash: string;
  readonly answer: Promise<unknown>;
}

/**
 * While the first request of an idempotency key runs, a second waits for that answer. What is
 * finished is the database's to remember: the key is committed with the write itself.
 */
export class IdempotentRequests {
  readonly #running = new Map<string, Running>();

  /** @throws CONFLICT when the key is in use for another request */
  async run<T>(
    operation: string,
    request: unknown,
    context: RequestContext,
    work: (key: IdempotencyKey | null) => Promise<T>,
  ): Promise<T> {
    if (context.idempotencyKey === null) return work(null);
    const key: IdempotencyKey = {
      owner: context.caller,
      key: context.idempotencyKey,
      requestHash: await requestHash(operation, request),
    };
    const name = JSON.stringify([key.owner, key.key]);
    const running = this.#running.get(name);
    if (running !== undefined) {
      if (running.requestHash !== key.requestHash) throw keyConflict();
      return running.answer as Promise<T>; // equal hashes: the same operation, so the same type
    }
    const answer = work(key).finally(() => this.#running.delete(name));
    this.#running.set(name, { requestHash: key.requestHash, answer });
    return answer;
  }
}

const keyConflict = (): ChlError =>
  new ChlError('CONFLICT', 'Idempotency-Key is in use for another request.', {
    hint: 'Use a new key for a new request; repeat a request with its own key.',
  });
