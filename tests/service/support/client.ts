import { parseRequest } from '../../../src/service/contract/errors.ts';
import { readRequest } from '../../../src/service/contract/read.ts';
import { searchRequest } from '../../../src/service/contract/search.ts';
import { deleteRequest, updateRequest, writeRequest } from '../../../src/service/contract/write.ts';
import { plainContext } from '../../../src/service/request-context.ts';
import type { Services } from '../../../src/service/services.ts';

export const ada = plainContext('ada');
export const bob = plainContext('bob');

export const experience = (title: string, playbook: string, more: object = {}): object => ({
  entity_type: 'experience',
  category_code: 'API',
  data: { section: 'useful', title, playbook },
  ...more,
});

export const RETRY = experience(
  'Retry uploads with the same key',
  'Keep the idempotency key and wait for Retry-After.',
);
export const CACHE = experience(
  'Invalidate the cache after commit',
  'Commit first, then drop the cached list.',
);

/** What a transport does: parse, then call. */
export class Client {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  write(input: object, context = ada) {
    return this.#services.entries.write(parseRequest(writeRequest, input), context);
  }

  update(input: object, context = ada) {
    return this.#services.entries.update(parseRequest(updateRequest, input), context);
  }

  remove(input: object, context = ada) {
    return this.#services.entries.remove(parseRequest(deleteRequest, input), context);
  }

  read(input: object, context = ada) {
    return this.#services.entries.read(parseRequest(readRequest, input), context);
  }

  search(input: object, context = ada) {
    return this.#services.search.search(parseRequest(searchRequest, input), context);
  }
}
