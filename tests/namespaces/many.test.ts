import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { writeResponse } from '../../src/service/contract/write.ts';
import { Client, eventually, experience } from '../http/support/client.ts';
import { valueOf } from '../metrics/support/exposition.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** The compiled program with its threads and its index process, as it is deployed. */

const NAMESPACES = 200;
const OPEN_MAX = 8;
const CLIENTS = 12;
/** Per open namespace, in both processes together: three connections to the database, the log, the lock. */
const FILES_PER_NAMESPACE = 24;
/** Closed databases whose files wait for V8: 16 connections of three files, in four threads. */
const FILES_WAITING = 4 * 16 * 3;
/** From the 200th namespace to the 400th opening: what each leaked would be seen, noise would not. */
const GROWTH_MAX_BYTES = 96 * 1024 ** 2;

const ON = { CHL_NAMESPACES: 'on', CHL_EMBEDDER: 'hash', CHL_LOG_LEVEL: 'info' } as const;

let servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers) await server.stop();
  servers = [];
});

async function start(environment: Record<string, string>, dataDir?: string): Promise<TestServer> {
  const server = await startServer({
    runtime: 'node',
    environment: { ...ON, ...environment },
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  servers.push(server);
  return server;
}

const nameOf = (n: number): string => `team-${n}`;
const clientOf = (server: TestServer, name: string): Client => new Client(`${server.url}/ns/${name}`);

async function make(server: TestServer, count: number): Promise<void> {
  const admin = new Client(server.url);
  for (let n = 0; n < count; n += 1)
    expect((await admin.post('/admin/namespaces', { name: nameOf(n) })).status).toBe(200);
}

/** Every place may be in use for a moment; then the client is told to come again. */
async function patiently(ask: () => Promise<Response>): Promise<Response> {
  return eventually(ask, ({ status }) => status !== 503, 60_000);
}

/** `work` for every namespace, so many at once, in an order that has nothing to do with their names. */
async function forAll(work: (n: number) => Promise<void>): Promise<void> {
  const order = Array.from({ length: NAMESPACES }, (_, i) => (i * 77) % NAMESPACES).values();
  const run = async (): Promise<void> => {
    for (const n of order) await work(n);
  };
  await Promise.all(Array.from({ length: CLIENTS }, run));
}

interface Usage {
  readonly open: number;
  readonly processes: number;
  readonly files: number;
  readonly residentBytes: number;
}

async function usageOf(server: TestServer): Promise<Usage> {
  const page = await (await new Client(server.url).send('GET', '/metrics')).text();
  const serving = server.process.pid!;
  const children = await readFile(`/proc/${serving}/task/${serving}/children`, 'utf8');
  const pids = [serving, ...children.split(' ').filter(Boolean).map(Number)];
  let files = 0;
  let residentBytes = 0;
  for (const pid of pids) {
    files += (await readdir(`/proc/${pid}/fd`)).length;
    residentBytes += 1024 * Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
  }
  return {
    open: valueOf(page, 'chl_namespaces_open') ?? Number.NaN,
    processes: pids.length,
    files,
    residentBytes,
  };
}

test.skipIf(process.platform !== 'linux')(
  '200 namespaces opened and closed under load: places, processes, files and memory stay bounded',
  async () => {
    const server = await start({
      CHL_NAMESPACES_MAX_OPEN: String(OPEN_MAX),
      CHL_NAMESPACE_IDLE_SECONDS: '1',
    });
    await make(server, NAMESPACES);
    const before = await usageOf(server);
    const samples: Usage[] = [];
    const sampled = new AbortController();
    const sampling = (async () => {
      while (!sampled.signal.aborted) samples.push(await usageOf(server));
    })();

    await forAll(async (n) => {
      const body = experience(`Of ${nameOf(n)}`, `Only number ${n} knows this`, { duplicates: 'skip' });
      const client = clientOf(server, nameOf(n));
      await client.ok(writeResponse, await patiently(() => client.post('/api/v1/entries/write', body)));
    });
    const firstRound = await usageOf(server);
    await forAll(async (n) => {
      const client = clientOf(server, nameOf(n));
      const query = {
        query: 'number knows',
        entity_type: 'experience',
        mode: 'vector',
        fields: ['playbook'],
      };
      const response = await patiently(() => client.post('/api/v1/entries/read', query));
      const { entries } = (await response.json()) as {
        readonly entries: readonly { readonly playbook: string; readonly degraded: boolean }[];
      };
      expect(entries.map(({ playbook, degraded }) => [playbook, degraded])).toEqual([
        [`Only number ${n} knows this`, false],
      ]);
    });
    const secondRound = await usageOf(server);
    sampled.abort();
    await sampling;

    const most = (field: keyof Usage): number => Math.max(...samples.map((sample) => sample[field]));
    expect(samples.length).toBeGreaterThan(5);
    expect(most('open')).toBeLessThanOrEqual(OPEN_MAX);
    expect(most('processes'), 'the service and one index process').toBe(2);
    expect(most('files') - before.files).toBeLessThanOrEqual(
      (OPEN_MAX + 1) * FILES_PER_NAMESPACE + FILES_WAITING,
    );
    expect(secondRound.residentBytes - firstRound.residentBytes).toBeLessThan(GROWTH_MAX_BYTES);
    process.stdout.write(
      `200 namespaces: ${JSON.stringify({ before, firstRound, secondRound, mostFiles: most('files') })}\n`,
    );

    const idle = await eventually(
      () => usageOf(server),
      ({ open }) => open === 0,
    );
    expect(idle.files - before.files, 'all are given back').toBeLessThanOrEqual(FILES_WAITING + 16);
    const metrics = await (await new Client(server.url).send('GET', '/metrics')).text();
    expect(metrics).not.toContain('team-');
    expect(valueOf(metrics, 'chl_namespaces_opened_total')).toBeGreaterThanOrEqual(2 * NAMESPACES - OPEN_MAX);
    expect(valueOf(metrics, 'chl_namespace_open_failures_total')).toBe(0);
  },
);

test('a stop and a start: each namespace has its own entries, from its own snapshot', async () => {
  const first = await start({});
  onTestFinished(() => first.stop().then(() => undefined));
  await make(first, 3);
  for (const n of [0, 1, 2]) await clientOf(first, nameOf(n)).write(`Kept by ${n}`, `Kept in number ${n}`);
  // Within the life of the folder, which the first server owns and removes.
  first.process.kill('SIGTERM');
  await once(first.process, 'exit');
  expect(first.process.exitCode).toBe(0);
  const second = await start({}, first.dataDir);
  for (const n of [0, 1, 2]) {
    const client = clientOf(second, nameOf(n));
    const { entries } = await client.read({ query: 'kept', mode: 'vector', fields: ['playbook'] });
    expect(entries.map(({ playbook }) => playbook)).toEqual([`Kept in number ${n}`]);
    expect((await client.indexStatus()).recovery?.source).toBe('snapshot');
  }
});

test('kill -9 in the middle of writes to five namespaces: what was acknowledged is there, each in its own', async () => {
  const first = await start({});
  onTestFinished(() => first.stop().then(() => undefined));
  await make(first, 5);
  const acknowledged = Array.from({ length: 5 }, (): string[] => []);
  const writing = acknowledged.map(async (own, n) => {
    const client = clientOf(first, nameOf(n));
    for (let i = 0; ; i += 1) {
      const body = experience(`Survivor ${i} of ${n}`, `Number ${n}, text ${i}`, { duplicates: 'skip' });
      try {
        own.push((await client.ok(writeResponse, client.post('/api/v1/entries/write', body))).entry_id);
      } catch {
        return; // killed: nothing was promised
      }
    }
  });
  await eventually(
    async () => Math.min(...acknowledged.map(({ length }) => length)),
    (least) => least >= 10,
    60_000,
  );
  first.process.kill('SIGKILL');
  await Promise.all([once(first.process, 'exit'), ...writing]);
  const second = await start({}, first.dataDir);
  for (const [n, own] of acknowledged.entries()) {
    const { entries } = await clientOf(second, nameOf(n)).read({
      category_code: 'TST',
      limit: 1_000,
      fields: ['playbook'],
    });
    const found = new Set(entries.map(({ id }) => id));
    for (const id of own) expect(found.has(id), `${id} of ${n}`).toBe(true);
    for (const { playbook } of entries) expect(playbook).toMatch(new RegExp(`^Number ${n}, `));
  }
});
