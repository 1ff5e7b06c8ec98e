import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startServer } from '../support/server.ts';
import { until } from './support/exposition.ts';

const KEY = 'log-lines-key-0123456789abcdef';
const WRONG_KEY = 'log-lines-wrong-key-0123456789';

/** Sends bytes as they are: fetch would refuse most of these. */
function sendRaw(url: string, head: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(Buffer.from(head, 'latin1')));
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

const rawRequest = (target: string, headers: readonly string[] = []): string =>
  [`GET ${target} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...headers, '', ''].join('\r\n');

const HOSTILE = {
  'a line end in the path': rawRequest('/health/live%0A%7B%22level%22:%22error%22%7D'),
  'ANSI in the path': rawRequest('/%1B%5B31mred'),
  'NUL in the path': rawRequest('/api/v1/entries/EXP%00'),
  'a broken escape in the path': rawRequest('/api/v1/entries/%E0%A4%A'),
  'quotes in the path': rawRequest('/"},{"level":"fatal"'),
  'a line of Latin-1 as request id': rawRequest('/health/live', ['X-Request-Id: \xe9"\\\x1b[2J']),
  'a request id as long as a header may be': rawRequest('/health/live', [
    `X-Request-Id: ${'x'.repeat(8000)}`,
  ]),
  'a session of control characters': rawRequest('/api/v1/session', [
    'X-CHL-Session: \x1b]0;title\x07',
    `Authorization: Bearer ${KEY}`,
  ]),
  'a key that is not known': rawRequest('/api/v1/categories', [`Authorization: Bearer ${WRONG_KEY}`]),
  'a very long path': rawRequest(`/${'y'.repeat(4000)}`),
} as const;

test('each request is one JSON line with who, what and how long, whatever the client sends; no key is in it', async () => {
  const server = await startServer({
    awaitsIndex: false,
    runtime: 'node',
    environment: {
      CHL_API_KEYS: `agent:admin:${KEY}`,
      CHL_INDEX_BACKEND: 'flat',
      CHL_INDEX_HOST: 'inline',
      CHL_LOG_LEVEL: 'debug',
    },
  });
  let reachedTheService = 0;
  for (const [what, head] of Object.entries(HOSTILE)) {
    const answer = await sendRaw(server.url, head);
    expect(answer, what).toMatch(/^HTTP\/1\.1 [2-4]\d\d /);
    // Node's own parser refuses some.
    if (/^X-Request-Id: /im.test(answer)) reachedTheService += 1;
  }
  expect(reachedTheService).toBeGreaterThan(Object.keys(HOSTILE).length / 2);
  const response = await fetch(`${server.url}/api/v1/categories`, {
    headers: { Authorization: `Bearer ${KEY}`, 'X-Request-Id': 'the-last-one' },
  });
  expect(response.status).toBe(200);
  await until(
    async () => server.output.join('\n'),
    (output) => output.includes('the-last-one'),
  );
  await server.stop();

  const lines = server.output.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const line of lines)
    expect(line).toMatchObject({ level: expect.any(String), time: expect.any(String) });
  const requests = lines.filter(({ msg }) => msg === 'request');
  expect(requests.length).toBe(reachedTheService + 1);
  for (const line of requests) {
    expect(line).toMatchObject({
      requestId: expect.stringMatching(/^[\w.:-]{1,128}$/),
      method: 'GET',
      route: expect.stringMatching(/^(\/[\w:/]*|unmatched)$/),
      status: expect.any(Number),
      durationMs: expect.any(Number),
    });
  }
  expect(requests.at(-1)).toMatchObject({
    requestId: 'the-last-one',
    route: '/api/v1/categories',
    status: 200,
    caller: 'agent',
  });
  const output = server.output.join('\n');
  for (const secret of [KEY, WRONG_KEY, '\u001b']) expect(output).not.toContain(secret);
}, 90_000);
