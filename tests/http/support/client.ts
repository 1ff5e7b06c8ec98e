import assert from 'node:assert/strict';
import type * as z from 'zod';
import { indexStatusResponse, type IndexStatusResponse } from '../../../src/service/contract/admin.ts';
import { readResponse, type ReadResponse } from '../../../src/service/contract/read.ts';
import {
  deleteResponse,
  writeResponse,
  type DeleteResponse,
  type WriteResponse,
} from '../../../src/service/contract/write.ts';
import { errorBody, type ErrorBody } from '../../../src/service/contract/errors.ts';

export type Headers = Readonly<Record<string, string>>;

/** What a client of the service sends and sees. Every answer is checked against its schema. */
export class Client {
  readonly url: string;
  readonly #headers: Headers;

  constructor(url: string, headers: Headers = {}) {
    this.url = url;
    this.#headers = headers;
  }

  send(method: string, path: string, body?: BodyInit, headers: Headers = {}): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: { ...this.#headers, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }

  post(path: string, body: unknown, headers: Headers = {}): Promise<Response> {
    return this.send('POST', path, JSON.stringify(body), { 'Content-Type': 'application/json', ...headers });
  }

  async ok<Schema extends z.ZodType>(
    schema: Schema,
    response: Response | Promise<Response>,
    status = 200,
  ): Promise<z.output<Schema>> {
    const { status: got, ...rest } = await response;
    const text = await (await response).text();
    assert.equal(got, status, `${text} ${JSON.stringify(rest)}`);
    return schema.parse(JSON.parse(text));
  }

  /** The error of a request that must fail. */
  async refused(response: Response | Promise<Response>, status: number): Promise<ErrorBody> {
    const answer = await response;
    const text = await answer.text();
    assert.equal(answer.status, status, text);
    const body = errorBody.parse(JSON.parse(text));
    assert.equal(body.request_id, answer.headers.get('X-Request-Id'));
    assert.equal(body.detail, body.error.message);
    assert.doesNotMatch(text, /node_modules|SQLITE|SELECT |\.ts:|\.js:/, 'nothing of the inside is shown');
    return body;
  }

  read(body: Readonly<Record<string, unknown>>, headers: Headers = {}): Promise<ReadResponse> {
    return this.ok(
      readResponse,
      this.post('/api/v1/entries/read', { entity_type: 'experience', ...body }, headers),
    );
  }

  write(
    title: string,
    playbook: string,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<WriteResponse> {
    return this.ok(writeResponse, this.post('/api/v1/entries/write', experience(title, playbook, more)));
  }

  remove(entryId: string): Promise<DeleteResponse> {
    const deletion = { entity_type: 'experience', entry_id: entryId };
    return this.ok(deleteResponse, this.post('/api/v1/entries/delete', deletion));
  }

  indexStatus(): Promise<IndexStatusResponse> {
    return this.ok(indexStatusResponse, this.send('GET', '/admin/index/status'));
  }

  /** Sends NDJSON and answers the results, line by line. */
  async import(lines: readonly unknown[]): Promise<readonly Record<string, unknown>[]> {
    const body = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    const response = await this.send('POST', '/api/v1/entries/import', body, {
      'Content-Type': 'application/x-ndjson',
    });
    assert.equal(response.status, 200);
    const text = await response.text();
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async category(code: string): Promise<void> {
    const response = await this.post('/api/v1/categories/', {
      code,
      name: code.toLowerCase(),
      description: `Entries of ${code}.`,
    });
    assert.equal(response.status, 200, await response.text());
  }
}

export const experience = (
  title: string,
  playbook: string,
  more: Readonly<Record<string, unknown>> = {},
) => ({
  entity_type: 'experience',
  category_code: 'TST',
  data: { section: 'useful', title, playbook },
  ...more,
});

/** Asks again until `isDone`, for what the service does by itself. Bounded by `maxMs`; the pause only spares the machine. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isDone: (answer: T) => boolean,
  maxMs = 20_000,
): Promise<T> {
  const endMs = performance.now() + maxMs;
  for (;;) {
    const answer = await ask();
    if (isDone(answer)) return answer;
    if (performance.now() > endMs)
      throw new Error(`It did not happen in ${maxMs} ms; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
