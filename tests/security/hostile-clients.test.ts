import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { isLong } from '../faults/support/form.ts';
import { Client, eventually } from '../http/support/client.ts';
import { initialize, post } from '../mcp/support.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Clients that send too much, too slowly or too often, against a real process whose memory is looked at. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const SECRET = 'hunter2-hunter2-hunter2';
const KEY = { Authorization: `Bearer ${SECRET}` };
const MEBIBYTE = 1024 ** 2;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    runtime: 'node',
    environment: {
      CHL_INDEX_BACKEND: 'flat',
      CHL_EMBEDDER: 'hash',
      CHL_LOG_LEVEL: 'debug',
      CHL_API_KEYS: `ann:admin:${SECRET}`,
      CHL_RATE_LIMIT: '0',
      CHL_HEADERS_TIMEOUT: '1',
      CHL_BODY_TIMEOUT: '1',
    },
  });
});
afterAll(() => server?.stop());

const hasProc = existsSync('/proc/self/status');

/** Of the serving process alone: index and builder are processes of their own. */
function residentBytes(): number {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
}

/** The most that is resident while `work` runs. */
async function peakDuring(work: () => Promise<void>): Promise<number> {
  let most = residentBytes();
  const watch = setInterval(() => (most = Math.max(most, residentBytes())), 5);
  try {
    await work();
  } finally {
    clearInterval(watch);
  }
  return Math.max(most, residentBytes());
}

/** Writes until everything is sent or the server has had enough. @returns what was answered */
async function send(head: string, bytes: number): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  // Reset while more was being sent: the answer came before.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  socket.write(
    `${head}\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${SECRET}\r\nConnection: close\r\n\r\n`,
  );
  const isChunked = head.includes('chunked');
  const piece = Buffer.alloc(65_536, ' ');
  for (let sent = 0; sent < bytes && !socket.destroyed; sent += piece.length) {
    const data = isChunked ? Buffer.concat([Buffer.from('10000\r\n'), piece, Buffer.from('\r\n')]) : piece;
    if (!socket.write(data)) {
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
    }
  }
  if (isChunked && !socket.destroyed) socket.write('0\r\n\r\n');
  await closed;
  return answer;
}

const PATHS = {
  '/api/v1/entries/write': 'application/json',
  '/mcp': 'application/json',
  '/api/v1/entries/import': 'application/x-ndjson',
  '/admin/queue/resume': 'application/json',
} as const;

/** Growth within a batch that is none: 10 KB a client, 1 KB in the long form. */
const FLAT_BYTES = 5 * MEBIBYTE;
const BATCHES_MAX = 8;

describe.skipIf(!hasProc)('memory (read from /proc, which this system lacks otherwise)', () => {
  const bomb = gzipSync(Buffer.alloc(50 * MEBIBYTE, ' '));

  async function sendAll(bytes: number): Promise<void> {
    for (const [path, type] of Object.entries(PATHS)) {
      const head = `POST ${path} HTTP/1.1\r\nContent-Type: ${type}`;
      await send(`${head}\r\nContent-Length: ${bytes}`, bytes);
      await send(`${head}\r\nTransfer-Encoding: chunked`, bytes);
      const packed = await fetch(server.url + path, {
        method: 'POST',
        headers: { ...KEY, 'Content-Type': type, 'Content-Encoding': 'gzip' },
        body: bytes > MEBIBYTE ? bomb : bomb.subarray(0, 100),
      });
      await packed.text();
    }
  }

  test('bodies of 50 MB, of known length, chunked or compressed, add less than 20 MB', async () => {
    // Peak against peak: what stands at one moment depends on when the collector was last there.
    const ofSmall = await peakDuring(async () => {
      for (let round = 0; round < 8; round++) await sendAll(MEBIBYTE / 2);
    });
    const ofLarge = await peakDuring(async () => {
      for (let round = 0; round < 2; round++) await sendAll(50 * MEBIBYTE);
    });
    expect((ofLarge - ofSmall) / MEBIBYTE).toBeLessThan(20);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  // Ten thousand and more in the long form (npm run test:faults), always at least two batches.
  test('clients that initialise and never say goodbye leave nothing behind', async () => {
    const batchSize = isLong ? 5_000 : 500;
    const initialised = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 20) {
        await Promise.all(
          Array.from({ length: 20 }, async (_, n) => {
            const response = await post(server.url, initialize(done + n, '2025-11-25'), KEY);
            expect(response.status).toBe(200);
            await response.text();
          }),
        );
      }
    };
    await initialised(batchSize);
    // A collector may be late for a while; what is kept for each client grows every time.
    let least = Number.POSITIVE_INFINITY;
    for (let batch = 0; batch < BATCHES_MAX && least >= FLAT_BYTES; batch += 1)
      least = Math.min(least, await growthAfter(() => initialised(batchSize)));
    expect(least).toBeLessThan(FLAT_BYTES);
  });

  async function growthAfter(work: () => Promise<void>): Promise<number> {
    const before = residentBytes();
    await work();
    return residentBytes() - before;
  }
});

describe('slowness', () => {
  /** Sends `head`, then a byte now and then, until the other side closes. @returns what it said */
  async function trickle(head: string): Promise<string> {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(head);
    // What has arrived is read before the next byte is sent: that one meets a closed connection, whose reset takes
    // away what was not read yet.
    const drip = setInterval(() => setImmediate(() => answer === '' && socket.write('a')), 100);
    onTestFinished(() => clearInterval(drip));
    // Nobody closing it ends the test by its own bound.
    await once(socket, 'close', { signal: AbortSignal.timeout(15_000) });
    clearInterval(drip);
    return answer;
  }

  test('headers that come letter by letter: the connection is closed', async () => {
    expect(await trickle('GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ')).toMatch(/^HTTP\/1.1 408/);
  });

  test('a body that comes letter by letter: an answer that says so, and the connection is closed', async () => {
    for (const [path, type] of Object.entries(PATHS).slice(0, 3)) {
      const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${SECRET}\r\nContent-Type: ${type}\r\nContent-Length: 100000\r\n\r\n`;
      expect(await trickle(head), path).toContain('it came too slowly');
    }
  });
});

test('a thousand idle readers of changes: searches and writes go on, and each reader hears of a write', async () => {
  const readers: IncomingMessage[] = [];
  onTestFinished(() => readers.forEach((reader) => reader.destroy()));
  const heard = new Set<IncomingMessage>();
  for (let connected = 0; connected < 1_000; connected += 50) {
    const more = Array.from({ length: 50 }, async () => {
      const request = get(`${server.url}/api/v1/changes`, {
        headers: { ...KEY, Accept: 'text/event-stream' },
        agent: false,
      });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      expect(response.statusCode).toBe(200);
      response.on('data', (chunk: Buffer) => {
        if (chunk.includes('event: change')) heard.add(response);
      });
      response.on('error', () => undefined);
      readers.push(response);
    });
    await Promise.all(more);
  }
  const client = new Client(server.url, KEY);
  const { entry_id: id } = await client.write('To a thousand readers', 'All of them hear of it.');
  const { entries } = await client.read({ query: 'thousand readers' });
  expect(entries[0]?.id).toBe(id);
  await eventually(
    () => Promise.resolve(heard.size),
    (count) => count === 1_000,
    60_000,
  );
});

test('every line of the log is one JSON object whatever was asked, and no secret is in any of them', async () => {
  const hostile = [
    '/api/v1/entries/%0a%7b%22level%22:%22fatal%22%7d',
    '/%00%1b[31m%e2%80%a8',
    `/api/v1/changes?key=${SECRET}`,
    `/api/v1/entries/${'%F0%9F%92%A9'.repeat(300)}`,
    '/"},{"a":"',
  ];
  for (const path of hostile) {
    for (const headers of [KEY, {}, { Authorization: `Basic ${SECRET}` }, { 'X-API-Key': `${SECRET}x` }]) {
      const response = await fetch(server.url + path, {
        headers: { ...headers, 'User-Agent': '{"level":"fatal"}', 'X-Request-Id': '"}{' },
      });
      const text = await response.text();
      expect(response.status, path).toBeLessThan(500);
      expect(text).not.toContain(SECRET);
    }
  }
  const metrics = await (await fetch(`${server.url}/metrics`, { headers: KEY })).text();
  expect(metrics).not.toContain(SECRET);
  const lines = await eventually(
    () => Promise.resolve(server.output),
    (all) => all.some((line) => line.includes('/metrics')),
  );
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) {
    expect(line).not.toContain(SECRET);
    const logged: unknown = JSON.parse(line);
    expect(logged).toMatchObject({ level: expect.any(String), time: expect.any(String) });
  }
});
