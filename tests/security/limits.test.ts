import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freshEnvironment, startService, type RunningService } from '../cli/running-service.ts';
import { eventually, experience } from '../http/support/client.ts';
import { call, overHttp, post } from '../mcp/support.ts';

async function serviceWith(variables: Record<string, string>): Promise<RunningService> {
  const { environment, dispose } = await freshEnvironment(variables);
  const service = await startService(environment);
  onTestFinished(async () => {
    await service.stop();
    await dispose();
  });
  return service;
}

const json = { 'Content-Type': 'application/json' };
const read = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/api/v1/entries/read`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: JSON.stringify({ entity_type: 'experience', query: 'x' }),
  });

/** A request whose body does not come: it holds its place until `finish`. */
async function unfinished(url: string): Promise<{ readonly socket: Socket; finish(): void }> {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ entity_type: 'experience', query: 'x' });
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(
    `POST /api/v1/entries/read HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
  );
  return { socket, finish: () => void socket.write(body) };
}

describe('requests at once', () => {
  test('above the bound they wait, above the queue they get 503 and Retry-After; health is always answered', async () => {
    const { url } = await serviceWith({ CHL_MAX_RUNNING_REQUESTS: '1', CHL_MAX_WAITING_REQUESTS: '1' });
    const first = await unfinished(url);
    const second = await unfinished(url);
    const refused = await eventually(
      () => read(url),
      (response) => response.status === 503,
    );
    expect(refused.headers.get('Retry-After')).toBe('1');
    expect(await refused.json()).toMatchObject({ error: { code: 'OVERLOADED', retryable: true } });
    expect((await fetch(`${url}/health`)).status).toBe(200);

    const answers = [first, second].map(async ({ socket }) => String((await once(socket, 'data'))[0]));
    second.finish();
    first.finish();
    for (const answer of answers) expect(await answer).toMatch(/^HTTP\/1.1 200/);
    expect((await read(url)).status).toBe(200);
  });

  test('a request that waits too long is told so', async () => {
    const { url } = await serviceWith({ CHL_MAX_RUNNING_REQUESTS: '1', CHL_MAX_WAIT: '1' });
    await unfinished(url);
    const refused = await eventually(
      () => read(url),
      (response) => response.status === 503,
    );
    expect(await refused.json()).toMatchObject({ detail: 'The service had no time for this request.' });
  });

  test('readers of changes hold no place, but are counted', async () => {
    const { url } = await serviceWith({ CHL_MAX_RUNNING_REQUESTS: '1', CHL_MAX_STREAMS: '2' });
    const leave = new AbortController();
    const listen = (): Promise<Response> =>
      fetch(`${url}/api/v1/changes`, { headers: { Accept: 'text/event-stream' }, signal: leave.signal });
    expect((await listen()).status).toBe(200);
    expect((await listen()).status).toBe(200);
    expect((await listen()).status).toBe(503);
    expect((await read(url)).status).toBe(200);
    leave.abort();
    await eventually(
      () => fetch(`${url}/api/v1/changes`, { headers: { Accept: 'text/event-stream' } }),
      (response) => {
        void response.body?.cancel();
        return response.status === 200;
      },
    );
  });
});

test('a key that asks too often gets 429 with Retry-After, over REST and MCP alike; another key does not', async () => {
  const { url } = await serviceWith({ CHL_RATE_LIMIT: '4', CHL_API_KEYS: 'ann:read:k1,bob:read:k2' });
  const ann = { Authorization: 'Bearer k1' };
  const bob = { Authorization: 'Bearer k2' };
  for (let n = 0; n < 3; n++) expect((await read(url, ann)).status).toBe(200);
  expect((await post(url, call(1, 'list_categories'), ann)).status).toBe(200);
  const refused = await read(url, ann);
  expect(refused.status).toBe(429);
  const seconds = Number(refused.headers.get('Retry-After'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  expect((await post(url, call(2, 'list_categories'), ann)).status).toBe(429);
  expect((await read(url, bob)).status).toBe(200);
});

describe('bodies and answers', () => {
  test('compressed bodies are refused unread, over every way in', async () => {
    const { url } = await serviceWith({});
    const bomb = gzipSync(Buffer.alloc(10_000_000, ' '));
    for (const path of ['/api/v1/entries/write', '/mcp', '/api/v1/entries/import']) {
      for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip']) {
        const response = await fetch(url + path, {
          method: 'POST',
          headers: {
            'Content-Type': path.endsWith('import') ? 'application/x-ndjson' : 'application/json',
            'Content-Encoding': encoding,
          },
          body: bomb,
        });
        // An import is answered line by line, and the first line says it.
        const said = `${response.status} ${await response.text()}`;
        expect(said, `${path} ${encoding}`).toMatch(/^415|"UNSUPPORTED_MEDIA_TYPE"/);
      }
    }
  });

  test('an answer that would be too long is refused with what to do instead', async () => {
    const { url } = await serviceWith({ CHL_MAX_RESPONSE_BYTES: '65536' });
    const lines = Array.from({ length: 60 }, (_, n) =>
      JSON.stringify({
        ...experience(`Long ${n}`, `${n} ${'word '.repeat(390)}`),
        ref: `long:${n}`,
      }),
    );
    const imported = await fetch(`${url}/api/v1/entries/import`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    await imported.text();
    const list = (more: object): Promise<Response> =>
      fetch(`${url}/api/v1/entries/read`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ entity_type: 'experience', category_code: 'TST', limit: 60, ...more }),
      });
    expect((await list({})).status).toBe(200);
    const refused = await list({ fields: ['playbook'] });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { hint: expect.stringContaining('limit') } });

    const client = await overHttp(url);
    onTestFinished(() => client.close());
    const { structuredContent } = await client.callTool({
      name: 'read_entries',
      arguments: { entity_type: 'experience', category_code: 'TST', limit: 60, fields: ['playbook'] },
    });
    const { count, truncated } = structuredContent as { count: number; truncated: { left_out: number } };
    expect(count).toBeGreaterThan(5);
    expect(count + truncated.left_out).toBe(60);
  });

  test('the depth of JSON is bounded as configured', async () => {
    const { url } = await serviceWith({ CHL_MAX_JSON_DEPTH: '40' });
    const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const send = async (body: string): Promise<string> =>
      (await fetch(`${url}/api/v1/search`, { method: 'POST', headers: json, body })).text();
    expect(await send(nested(41))).toContain('nested deeper than 40 levels');
    expect(await send(nested(40))).not.toContain('nested');
  });
});

describe('pages', () => {
  test('every page comes with a policy that allows nothing from elsewhere', async () => {
    const { url } = await serviceWith({});
    for (const path of ['/', '/docs', '/ui/browse']) {
      const { status, headers } = await fetch(url + path);
      expect(status, path).toBe(200);
      expect(headers.get('Content-Type')).toMatch(/^text\/html/);
      expect(headers.get('Content-Security-Policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers.get('X-Frame-Options')).toBe('DENY');
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('Referrer-Policy')).toBe('no-referrer');
      expect(headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin');
    }
  });

  test('no other origin is let in, and none is told that it is: with keys and without', async () => {
    const open = await serviceWith({});
    const closed = await serviceWith({
      CHL_API_KEYS: 'ann:read:k1',
      CHL_ALLOWED_ORIGINS: 'https://chl.example.com',
    });
    for (const { url } of [open, closed]) {
      const Authorization = 'Bearer k1';
      const foreign = await read(url, { Origin: 'https://evil.example', Authorization });
      expect(foreign.status).toBe(403);
      expect((await read(url, { Origin: url, Authorization })).status).toBe(200);
      const preflight = await fetch(`${url}/api/v1/entries/read`, {
        method: 'OPTIONS',
        headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
      });
      expect(preflight.status).toBe(403);
      for (const { headers } of [foreign, preflight]) {
        expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    }
    const allowed = { Origin: 'https://chl.example.com', Authorization: 'Bearer k1' };
    expect((await read(closed.url, allowed)).status).toBe(200);
    expect((await read(open.url, allowed)).status).toBe(403);
  });
});
