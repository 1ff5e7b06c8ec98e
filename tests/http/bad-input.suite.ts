import assert from 'node:assert/strict';
import type { Registrar } from '../conformance/registrar.ts';
import { type Client, experience, type Headers } from './support/client.ts';

interface BadRequest extends Sending {
  readonly name: string;
  readonly status: number;
  readonly path: string;
  /** Text is sent as it is. */
  readonly body: unknown;
  /** What the message or its hint must name. */
  readonly names: RegExp;
}

interface Sending {
  readonly method?: string;
  readonly headers?: Headers;
}

const bad = (
  name: string,
  status: number,
  path: string,
  body: unknown,
  names: RegExp,
  sending: Sending = {},
): BadRequest => ({ name, status, path, body, names, ...sending });

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
  bad('broken JSON', 400, WRITE, '{"entity_type": experience}', /line 1, column 17/),
  bad('JSON that stops', 400, WRITE, '{"entity_type":', /unexpected end/),
  bad('JSON and more', 400, WRITE, '{} {}', /column 4/),
  bad('no body', 400, WRITE, '', /empty/),
  bad('a list for a body', 400, READ, [], /body/),
  bad('null for a body', 400, SEARCH, null, /body/),
  bad('100,000 nested lists', 400, READ, '['.repeat(100_000) + ']'.repeat(100_000), /nested deeper/),
  bad(
    '100,000 nested objects in context',
    400,
    WRITE,
    `{"data":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`,
    /nested deeper/,
  ),
  bad('another content type', 415, WRITE, '{}', /application\/json/, {
    headers: { 'Content-Type': 'text/plain' },
  }),
  bad('a form', 415, WRITE, 'a=1', /Content-Type/, {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  }),
  bad('JSON for an import', 415, '/api/v1/entries/import', '{}', /application\/x-ndjson/),
  bad('a body over the limit', 413, WRITE, data({ playbook: 'x'.repeat(1_100_000) }), /at most/),
];

const FIELDS: readonly BadRequest[] = [
  bad('no entity_type', 400, WRITE, { category_code: 'TST', data: {} }, /entity_type/),
  bad('manual', 400, WRITE, { ...data({}), entity_type: 'manual' }, /skill/),
  bad('a number for a title', 400, WRITE, data({ title: 7 }), /data\.title/),
  bad('a blank title', 400, WRITE, data({ title: '   ' }), /data\.title/),
  bad('a title of 121', 400, WRITE, data({ title: 'x'.repeat(121) }), /data\.title.*120/),
  bad('a playbook of 2001', 400, WRITE, data({ playbook: 'x'.repeat(2001) }), /data\.playbook.*2000/),
  bad('a NUL', 400, WRITE, data({ title: 'a\0b' }), /data\.title.*NUL/),
  bad(
    'half a surrogate pair',
    400,
    WRITE,
    '{"entity_type":"experience","category_code":"TST","data":{"section":"useful","title":"\\ud800","playbook":"p"}}',
    /data\.title.*surrogate/,
  ),
  bad('an unknown section', 400, WRITE, data({ section: 'nice' }), /data\.section/),
  bad('contextual without context', 400, WRITE, data({ section: 'contextual' }), /data\.context/),
  bad('17 tags', 400, WRITE, { ...data({}), tags: Array.from({ length: 17 }, (_, i) => `t${i}`) }, /tags/),
  bad('a tag of 65', 400, WRITE, { ...data({}), tags: ['x'.repeat(65)] }, /tags/),
  bad('a ref of 201', 400, WRITE, { ...data({}), ref: 'x'.repeat(201) }, /ref/),
  bad('a skill not in kebab-case', 400, WRITE, skill({ name: 'A Skill' }), /data\.name/),
  bad('a skill name of 65', 400, WRITE, skill({ name: 'a'.repeat(65) }), /data\.name/),
  bad('a description of 1025', 400, WRITE, skill({ description: 'x'.repeat(1025) }), /data\.description/),
  bad('metadata that is no object', 400, WRITE, skill({ metadata: '[1]' }), /data\.metadata/),
  bad('an unknown category, written', 404, WRITE, { ...data({}), category_code: 'ZZZ' }, /ZZZ/),
  bad(
    'a bad payload in an unknown category',
    400,
    WRITE,
    { ...data({ title: '' }), category_code: 'ZZZ' },
    /data\.title/,
  ),
  bad('an unknown category, read', 404, READ, { entity_type: 'experience', category_code: 'ZZZ' }, /ZZZ/),
  bad('nothing to read by', 400, READ, { entity_type: 'experience' }, /query, ids or category_code/),
  bad('a limit of 0', 400, READ, { entity_type: 'experience', query: 'x', limit: 0 }, /limit/),
  bad('a limit of -1', 400, READ, { entity_type: 'experience', query: 'x', limit: -1 }, /limit/),
  bad('a limit of 10^9', 400, READ, { entity_type: 'experience', query: 'x', limit: 1e9 }, /limit/),
  bad('a limit of 1.5', 400, READ, { entity_type: 'experience', query: 'x', limit: 1.5 }, /limit/),
  bad('a limit of 26', 400, SEARCH, { query: 'x', limit: 26 }, /limit/),
  bad('min_score of 2', 400, SEARCH, { query: 'x', min_score: 2 }, /min_score/),
  bad('a date that is none', 400, SEARCH, { query: 'x', created_from: 'yesterday' }, /created_from/),
  bad('snippet_len of 79', 400, SEARCH, { query: 'x', snippet_len: 79 }, /snippet_len/),
  bad('an unknown mode', 400, READ, { entity_type: 'experience', query: 'x', mode: 'magic' }, /mode/),
  bad(
    'an update of nothing',
    400,
    '/api/v1/entries/update',
    { entity_type: 'experience', category_code: 'TST', entry_id: 'EXP-TST-1', updates: {} },
    /updates/,
  ),
  bad(
    'an update of another field',
    400,
    '/api/v1/entries/update',
    { entity_type: 'experience', category_code: 'TST', entry_id: 'EXP-TST-1', updates: { author: 'me' } },
    /updates.*author/,
  ),
  bad(
    'an update of no entry',
    404,
    '/api/v1/entries/update',
    { entity_type: 'experience', category_code: 'TST', entry_id: 'EXP-TST-1', updates: { title: 'x' } },
    /There is no/,
  ),
  bad(
    'a delete of no entry',
    404,
    '/api/v1/entries/delete',
    { entity_type: 'experience', entry_id: 'EXP-TST-1' },
    /There is no/,
  ),
  bad(
    'cited without a session',
    400,
    '/api/v1/session/cited',
    { entity_ids: ['EXP-TST-1'] },
    /X-CHL-Session/,
  ),
  bad('If-Match that is no version', 400, WRITE, data({}), /If-Match/, { headers: { 'If-Match': 'abc' } }),
  bad('a long Idempotency-Key', 400, WRITE, data({}), /Idempotency-Key/, {
    headers: { 'Idempotency-Key': 'k'.repeat(201) },
  }),
  bad(
    'X-CHL-Min-Seq that is no token',
    400,
    READ,
    { entity_type: 'experience', query: 'x' },
    /X-CHL-Min-Seq/,
    { headers: { 'X-CHL-Min-Seq': '42' } },
  ),
];

const PLACES: readonly BadRequest[] = [
  bad('an unknown address', 404, '/api/v1/nothing', {}, /nothing at this address/),
  bad('another method', 405, WRITE, undefined, /POST/, { method: 'GET' }),
  bad('a method of no use', 405, '/health', undefined, /GET/, { method: 'DELETE' }),
  bad('an unknown guide', 400, '/api/v1/guidelines/poet', undefined, /type/, { method: 'GET' }),
  bad('an unknown id', 404, '/api/v1/entries/EXP-TST-1', undefined, /There is no/, { method: 'GET' }),
  bad('a history of no entry', 404, '/api/v1/entries/EXP-TST-1/history', undefined, /There is no/, {
    method: 'GET',
  }),
  bad('an unknown flag', 400, '/admin/index/rebuild?wait=maybe', {}, /wait/),
  bad('changes since nothing', 400, '/api/v1/changes?since=abc', undefined, /since/, { method: 'GET' }),
  bad('a broken escape in an address', 404, '/api/v1/entries/%E0%A4%A', undefined, /./, { method: 'GET' }),
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
export function badInputSuite(registrar: Registrar, client: () => Client): void {
  for (const request of [...BODIES, ...FIELDS, ...PLACES]) {
    registrar.test(`${request.name}: ${request.status}`, async () => {
      const before = (await client().indexStatus()).last_seq;
      const body = await client().refused(send(client(), request), request.status);
      assert.match(`${body.detail} ${body.error.hint ?? ''}`, request.names);
      assert.equal(body.error.retryable, false);
      assert.equal((await client().indexStatus()).last_seq, before, 'nothing was stored');
    });
  }

  registrar.test('405 says in Allow what is possible', async () => {
    const response = await client().send('PUT', '/health/');
    assert.equal(response.headers.get('Allow'), 'GET, HEAD');
    await client().refused(response, 405);
  });

  registrar.test('a chunked body is bounded though its length was never announced', async () => {
    const chunk = new TextEncoder().encode(' '.repeat(65_536));
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      async pull(controller) {
        // Or a busy client would go on sending before it looks at the answer that it has.
        await new Promise((resolve) => setTimeout(resolve));
        sent += chunk.length;
        if (sent > 64 * 1024 * 1024) controller.error(new Error('the server read 64 MB'));
        else controller.enqueue(chunk);
      },
    });
    const upload: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: endless,
      duplex: 'half',
    };
    const outcome = await fetch(client().url + WRITE, upload).then(
      (response) => response.status,
      // The server may close before the client has stopped sending; some clients then see no answer.
      () => 413,
    );
    assert.equal(outcome, 413);
    assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were taken`);
  });

  for (const query of HOSTILE_QUERIES) {
    registrar.test(`the query ${JSON.stringify(query)} is words, in every mode`, async () => {
      for (const mode of ['hybrid', 'vector', 'text']) {
        const response = await client().post(SEARCH, { query, mode });
        assert.equal(response.status, 200, await response.text());
      }
    });
  }

  registrar.test(
    'limits themselves are fine: 120, 2000, 16 tags of 64, characters beyond the BMP',
    async () => {
      const written = await client().write('🙂'.repeat(120), 'ü'.repeat(2000), {
        tags: Array.from({ length: 16 }, (_, i) => `${i}`.padEnd(64, 'x')),
        duplicates: 'skip',
      });
      assert.equal(written.success, true);
      await client().remove(written.entry_id);
    },
  );
}

function send(client: Client, { method = 'POST', path, body, headers = {} }: BadRequest): Promise<Response> {
  if (body === undefined) return client.send(method, path, undefined, headers);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return client.send(method, path, text, { 'Content-Type': 'application/json', ...headers });
}
