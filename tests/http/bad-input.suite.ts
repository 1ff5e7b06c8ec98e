import assert from 'node:assert/strict';
import type { Registrar } from '../conformance/registrar.ts';
import { type Client, experience, type Headers } from './support/client.ts';

interface BadRequest {
  readonly name: string;
  readonly path: string;
  readonly method?: string;
  /** Text is sent as it is. */
  readonly body: unknown;
  readonly headers?: Headers;
  readonly status: number;
  /** What the message must name. */
  readonly names: RegExp;
}

const READ = '/api/v1/entries/read';
const WRITE = '/api/v1/entries/write';
const SEARCH = '/api/v1/search/';
const data = (more: Readonly<Record<string, unknown>>) => ({
  ...experience('A title', 'A playbook'),
  data: { section: 'useful', title: 'A title', playbook: 'A playbook', ...more },
});
const skill = (more: Readonly<Record<string, unknown>>) => ({
  entity_type: 'skill',
  category_code: 'TST',
  data: { name: 'a-skill', description: 'What it is for', content: 'Steps', ...more },
});

const BODIES: readonly BadRequest[] = [
  {
    name: 'broken JSON',
    path: WRITE,
    body: '{"entity_type": experience}',
    status: 400,
    names: /line 1, column 17/,
  },
  { name: 'JSON that stops', path: WRITE, body: '{"entity_type":', status: 400, names: /unexpected end/ },
  { name: 'JSON and more', path: WRITE, body: '{} {}', status: 400, names: /column 4/ },
  { name: 'no body', path: WRITE, body: '', status: 400, names: /empty/ },
  { name: 'a list for a body', path: READ, body: [], status: 400, names: /body/ },
  { name: 'null for a body', path: SEARCH, body: null, status: 400, names: /body/ },
  {
    name: '100,000 nested lists',
    path: READ,
    body: '['.repeat(100_000) + ']'.repeat(100_000),
    status: 400,
    names: /nested deeper/,
  },
  {
    name: '100,000 nested objects in context',
    path: WRITE,
    body: `{"data":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`,
    status: 400,
    names: /nested deeper/,
  },
  {
    name: 'another content type',
    path: WRITE,
    body: '{}',
    headers: { 'Content-Type': 'text/plain' },
    status: 415,
    names: /application\/json/,
  },
  {
    name: 'a form',
    path: WRITE,
    body: 'a=1',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    status: 415,
    names: /Content-Type/,
  },
  {
    name: 'JSON for an import',
    path: '/api/v1/entries/import',
    body: '{}',
    status: 415,
    names: /application\/x-ndjson/,
  },
  {
    name: 'a body over the limit',
    path: WRITE,
    body: data({ playbook: 'x'.repeat(1_100_000) }),
    status: 413,
    names: /at most/,
  },
];

const FIELDS: readonly BadRequest[] = [
  {
    name: 'no entity_type',
    path: WRITE,
    body: { category_code: 'TST', data: {} },
    status: 400,
    names: /entity_type/,
  },
  { name: 'manual', path: WRITE, body: { ...data({}), entity_type: 'manual' }, status: 400, names: /skill/ },
  { name: 'a number for a title', path: WRITE, body: data({ title: 7 }), status: 400, names: /data\.title/ },
  { name: 'a blank title', path: WRITE, body: data({ title: '   ' }), status: 400, names: /data\.title/ },
  {
    name: 'a title of 121',
    path: WRITE,
    body: data({ title: 'x'.repeat(121) }),
    status: 400,
    names: /data\.title.*120/,
  },
  {
    name: 'a playbook of 2001',
    path: WRITE,
    body: data({ playbook: 'x'.repeat(2001) }),
    status: 400,
    names: /data\.playbook.*2000/,
  },
  { name: 'a NUL', path: WRITE, body: data({ title: 'a\0b' }), status: 400, names: /data\.title.*NUL/ },
  {
    name: 'half a surrogate pair',
    path: WRITE,
    body: '{"entity_type":"experience","category_code":"TST","data":{"section":"useful","title":"\\ud800","playbook":"p"}}',
    status: 400,
    names: /data\.title.*surrogate/,
  },
  {
    name: 'an unknown section',
    path: WRITE,
    body: data({ section: 'nice' }),
    status: 400,
    names: /data\.section/,
  },
  {
    name: 'contextual without context',
    path: WRITE,
    body: data({ section: 'contextual' }),
    status: 400,
    names: /data\.context/,
  },
  {
    name: '17 tags',
    path: WRITE,
    body: { ...data({}), tags: Array.from({ length: 17 }, (_, i) => `t${i}`) },
    status: 400,
    names: /tags/,
  },
  {
    name: 'a tag of 65',
    path: WRITE,
    body: { ...data({}), tags: ['x'.repeat(65)] },
    status: 400,
    names: /tags/,
  },
  {
    name: 'a ref of 201',
    path: WRITE,
    body: { ...data({}), ref: 'x'.repeat(201) },
    status: 400,
    names: /ref/,
  },
  {
    name: 'a skill not in kebab-case',
    path: WRITE,
    body: skill({ name: 'A Skill' }),
    status: 400,
    names: /data\.name/,
  },
  {
    name: 'a skill name of 65',
    path: WRITE,
    body: skill({ name: 'a'.repeat(65) }),
    status: 400,
    names: /data\.name/,
  },
  {
    name: 'a description of 1025',
    path: WRITE,
    body: skill({ description: 'x'.repeat(1025) }),
    status: 400,
    names: /data\.description/,
  },
  {
    name: 'metadata that is no object',
    path: WRITE,
    body: skill({ metadata: '[1]' }),
    status: 400,
    names: /data\.metadata/,
  },
  {
    name: 'an unknown category, written',
    path: WRITE,
    body: { ...data({}), category_code: 'ZZZ' },
    status: 404,
    names: /ZZZ/,
  },
  {
    name: 'a bad payload in an unknown category',
    path: WRITE,
    body: { ...data({ title: '' }), category_code: 'ZZZ' },
    status: 400,
    names: /data\.title/,
  },
  {
    name: 'an unknown category, read',
    path: READ,
    body: { entity_type: 'experience', category_code: 'ZZZ' },
    status: 404,
    names: /ZZZ/,
  },
  {
    name: 'nothing to read by',
    path: READ,
    body: { entity_type: 'experience' },
    status: 400,
    names: /query, ids or category_code/,
  },
  {
    name: 'a limit of 0',
    path: READ,
    body: { entity_type: 'experience', query: 'x', limit: 0 },
    status: 400,
    names: /limit/,
  },
  {
    name: 'a limit of -1',
    path: READ,
    body: { entity_type: 'experience', query: 'x', limit: -1 },
    status: 400,
    names: /limit/,
  },
  {
    name: 'a limit of 10^9',
    path: READ,
    body: { entity_type: 'experience', query: 'x', limit: 1e9 },
    status: 400,
    names: /limit/,
  },
  {
    name: 'a limit of 1.5',
    path: READ,
    body: { entity_type: 'experience', query: 'x', limit: 1.5 },
    status: 400,
    names: /limit/,
  },
  { name: 'a limit of 26', path: SEARCH, body: { query: 'x', limit: 26 }, status: 400, names: /limit/ },
  {
    name: 'min_score of 2',
    path: SEARCH,
    body: { query: 'x', min_score: 2 },
    status: 400,
    names: /min_score/,
  },
  {
    name: 'a date that is none',
    path: SEARCH,
    body: { query: 'x', created_from: 'yesterday' },
    status: 400,
    names: /created_from/,
  },
  {
    name: 'snippet_len of 79',
    path: SEARCH,
    body: { query: 'x', snippet_len: 79 },
    status: 400,
    names: /snippet_len/,
  },
  {
    name: 'an unknown mode',
    path: READ,
    body: { entity_type: 'experience', query: 'x', mode: 'magic' },
    status: 400,
    names: /mode/,
  },
  {
    name: 'an update of nothing',
    path: '/api/v1/entries/update',
    body: { entity_type: 'experience', category_code: 'TST', entry_id: 'EXP-TST-1', updates: {} },
    status: 400,
    names: /updates/,
  },
  {
    name: 'an update of another field',
    path: '/api/v1/entries/update',
    body: {
      entity_type: 'experience',
      category_code: 'TST',
      entry_id: 'EXP-TST-1',
      updates: { author: 'me' },
    },
    status: 400,
    names: /updates.*author/,
  },
  {
    name: 'an update of no entry',
    path: '/api/v1/entries/update',
    body: { entity_type: 'experience', category_code: 'TST', entry_id: 'EXP-TST-1', updates: { title: 'x' } },
    status: 404,
    names: /There is no/,
  },
  {
    name: 'a delete of no entry',
    path: '/api/v1/entries/delete',
    body: { entity_type: 'experience', entry_id: 'EXP-TST-1' },
    status: 404,
    names: /There is no/,
  },
  {
    name: 'cited without a session',
    path: '/api/v1/session/cited',
    body: { entity_ids: ['EXP-TST-1'] },
    status: 400,
    names: /X-CHL-Session/,
  },
  {
    name: 'If-Match that is no version',
    path: WRITE,
    body: data({}),
    headers: { 'If-Match': 'abc' },
    status: 400,
    names: /If-Match/,
  },
  {
    name: 'a long Idempotency-Key',
    path: WRITE,
    body: data({}),
    headers: { 'Idempotency-Key': 'k'.repeat(201) },
    status: 400,
    names: /Idempotency-Key/,
  },
  {
    name: 'X-CHL-Min-Seq that is no token',
    path: READ,
    body: { entity_type: 'experience', query: 'x' },
    headers: { 'X-CHL-Min-Seq': '42' },
    status: 400,
    names: /X-CHL-Min-Seq/,
  },
];

const PLACES: readonly BadRequest[] = [
  {
    name: 'an unknown address',
    path: '/api/v1/nothing',
    body: {},
    status: 404,
    names: /nothing at this address/,
  },
  { name: 'another method', path: WRITE, method: 'GET', body: undefined, status: 405, names: /POST/ },
  {
    name: 'a method of no use',
    path: '/health',
    method: 'DELETE',
    body: undefined,
    status: 405,
    names: /GET/,
  },
  {
    name: 'an unknown guide',
    path: '/api/v1/guidelines/poet',
    method: 'GET',
    body: undefined,
    status: 400,
    names: /type/,
  },
  {
    name: 'an unknown id',
    path: '/api/v1/entries/EXP-TST-1',
    method: 'GET',
    body: undefined,
    status: 404,
    names: /There is no/,
  },
  {
    name: 'a history of no entry',
    path: '/api/v1/entries/EXP-TST-1/history',
    method: 'GET',
    body: undefined,
    status: 404,
    names: /There is no/,
  },
  { name: 'an unknown flag', path: '/admin/index/rebuild?wait=maybe', body: {}, status: 400, names: /wait/ },
  {
    name: 'changes since nothing',
    path: '/api/v1/changes?since=abc',
    method: 'GET',
    body: undefined,
    status: 400,
    names: /since/,
  },
  {
    name: 'a broken escape in an address',
    path: '/api/v1/entries/%E0%A4%A',
    method: 'GET',
    body: undefined,
    status: 404,
    names: /./,
  },
];

/** Words to a search, whatever they look like. */
const HOSTILE_QUERIES = [
  '"',
  "'",
  '*',
  'AND',
  'NOT x',
  'a OR (b',
  'NEAR(a b)',
  'title:x',
  '^a',
  '-a',
  'a"b"c',
  "'; DROP TABLE entries; --",
  '{}',
  '\\',
  '%',
  '日本語',
  '🙂',
  '   a   ',
];

/** Bad input is the caller's to correct: an answer that says how, never a 500, and nothing stored. */
export function badInputSuite({ test }: Registrar, client: () => Client): void {
  for (const bad of [...BODIES, ...FIELDS, ...PLACES]) {
    test(`${bad.name}: ${bad.status}`, async () => {
      const before = (await client().indexStatus()).last_seq;
      const body = await client().refused(sendBad(client(), bad), bad.status);
      assert.match(`${body.detail} ${body.error.hint ?? ''}`, bad.names);
      assert.equal(body.error.retryable, false);
      assert.equal((await client().indexStatus()).last_seq, before, 'nothing was stored');
    });
  }

  test('405 says in Allow what is possible', async () => {
    const response = await client().send('PUT', '/health/');
    assert.equal(response.headers.get('Allow'), 'GET, HEAD');
    await client().refused(response, 405);
  });

  test('a chunked body is bounded though its length was never announced', async () => {
    const chunk = new TextEncoder().encode(' '.repeat(65_536));
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += chunk.length;
        if (sent > 64 * 1024 * 1024) controller.error(new Error('the server read 64 MB'));
        else controller.enqueue(chunk);
      },
    });
    const outcome = await fetch(client().url + WRITE, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: endless,
      ...{ duplex: 'half' },
    }).then(
      (response) => response.status,
      // The server may close before the client has stopped sending; some clients then see no answer.
      () => 413,
    );
    assert.equal(outcome, 413);
    assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were taken`);
  });

  for (const query of HOSTILE_QUERIES) {
    test(`the query ${JSON.stringify(query)} is words, in every mode`, async () => {
      for (const mode of ['hybrid', 'vector', 'text']) {
        const response = await client().post(SEARCH, { query, mode });
        assert.equal(response.status, 200, await response.text());
      }
    });
  }

  test('limits themselves are fine: 120, 2000, 16 tags of 64, characters beyond the BMP', async () => {
    const written = await client().write('🙂'.repeat(120), 'ü'.repeat(2000), {
      tags: Array.from({ length: 16 }, (_, i) => `${i}`.padEnd(64, 'x')),
      duplicates: 'skip',
    });
    assert.equal(written.success, true);
    await client().remove(written.entry_id);
  });
}

function sendBad(
  client: Client,
  { method = 'POST', path, body, headers = {} }: BadRequest,
): Promise<Response> {
  if (body === undefined) return client.send(method, path, undefined, headers);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return client.send(method, path, text, { 'Content-Type': 'application/json', ...headers });
}
