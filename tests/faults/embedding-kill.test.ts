import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SqliteConnection } from '../../adapters/catalog/libsql/sqlite-connection.ts';
import { answerWith, EmbeddingServer } from '../support/embedding-server.ts';
import { buildProgram } from '../support/build.ts';
import { Victim } from './support/victim.ts';

/** The real service in a process of its own, killed with SIGKILL in the middle of embedding. */

const ENTRIES = 160;
const UNTIL_MAX_MS = 150_000;

let endpoint: EmbeddingServer;
let folder: string;
let service: Victim;
let url: string;

beforeEach(async () => {
  endpoint = await EmbeddingServer.start();
  folder = await mkdtemp(join(tmpdir(), 'chl-embedding-kill-'));
});
afterEach(async () => {
  await service.kill();
  await endpoint.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function launch(environment: Record<string, string>): Promise<void> {
  service = new Victim({
    program: await buildProgram(),
    dataDir: join(folder, 'data'),
    environment: {
      CHL_EMBEDDING_URL: endpoint.url,
      CHL_EMBEDDING_MODEL: 'stand-in',
      CHL_EMBEDDING_DIMENSION: '384',
      CHL_INDEX_BACKEND: 'flat',
      CHL_LOG_LEVEL: 'info',
      ...environment,
    },
  });
}

async function start(environment: Record<string, string>): Promise<void> {
  await launch(environment);
  url = await service.serving;
}

async function call(path: string, body?: object | string): Promise<Record<string, unknown>> {
  const isText = typeof body === 'string';
  const post = {
    method: 'POST',
    headers: { 'content-type': isText ? 'application/x-ndjson' : 'application/json' },
    body: isText ? body : JSON.stringify(body),
  };
  const response = await fetch(new URL(path, url), body === undefined ? {} : post);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return isText ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + UNTIL_MAX_MS;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`It never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const lines = Array.from({ length: ENTRIES }, (_, number) =>
  JSON.stringify({
    entity_type: 'experience',
    category_code: 'API',
    data: { section: 'useful', title: `Lesson ${number}`, playbook: `Feed zebra number ${number}.` },
    ref: `r${number}`,
  }),
).join('\n');

/** Answers `batches` calls, then none: whatever is under way is under way when the service is killed. */
function holdAfter(batches: number): () => number {
  let held = 0;
  let left = batches;
  endpoint.always = (response, rows) => {
    // A single text is a question for the dimension.
    if (rows.length === 1 || (left -= 1) >= 0) answerWith(response, rows);
    else held += 1;
  };
  return () => held;
}

const lessonsAsked = (): readonly string[] =>
  endpoint.calls.flatMap(({ input }) => input).filter((text) => text.startsWith('Lesson'));

/** One vector an entry, of one embedder, named by its own change; no queue and nothing staged. */
async function expectWhole(fingerprint: string): Promise<void> {
  const database = new SqliteConnection({
    path: join(folder, 'data', 'chl.db'),
    busyTimeoutMs: 5_000,
    readOnly: true,
  });
  const row = await database.first(
    `SELECT (SELECT count(*) FROM entries WHERE embedding_status = 'embedded') AS embedded,
       (SELECT count(*) FROM entries) AS entries,
       (SELECT count(*) FROM embeddings v JOIN entries e ON e.vector_id = v.vector_id AND e.entry_key = v.entry_key
          JOIN changes c ON c.seq = v.vector_id AND c.entry_key = v.entry_key WHERE v.fingerprint = ?) AS vectors,
       (SELECT count(*) FROM embeddings) AS rows,
       (SELECT count(*) FROM embedding_queue) AS queued,
       (SELECT count(*) FROM staged_embeddings) AS staged`,
    [fingerprint],
  );
  database.close();
  expect(row).toMatchObject({
    embedded: ENTRIES,
    entries: ENTRIES,
    vectors: ENTRIES,
    rows: ENTRIES,
    queued: 0,
    staged: 0,
  });
  await until('the index holds them all', async () => {
    const { state, index_size: size } = await call('/admin/index/status');
    return state === 'ready' && size === ENTRIES;
  });
  const query = 'Lesson 77\nFeed zebra number 77.';
  const { results } = await call('/api/v1/search/', { query, mode: 'vector', limit: 1 });
  expect(results).toMatchObject([{ title: 'Lesson 77' }]);
}

test(
  'killed while the queue works: nothing is lost, and what was stored is not embedded again',
  { timeout: 500_000 },
  async () => {
    const queued = { CHL_EMBEDDER: 'openai', CHL_EMBED_MODE: 'async' };
    const held = holdAfter(2);
    await start(queued);
    await call('/api/v1/entries/import', lines);
    await until('two batches are stored, others under way', async () => {
      const { embedded } = await call('/admin/queue/status');
      return embedded === 64 && held() > 0;
    });
    await service.kill();
    endpoint.calls.length = 0;
    endpoint.always = null;

    await start(queued);
    await until('the queue is empty', async () => (await call('/admin/queue/status'))['pending'] === 0);
    const asked = lessonsAsked();
    expect(asked.length).toBe(ENTRIES - 64);
    expect(new Set(asked).size).toBe(asked.length);
    await expectWhole('openai:stand-in@1/384/unit');
  },
);

test(
  'killed while the embedder is changed: it goes on, and ends with the new vectors alone',
  { timeout: 500_000 },
  async () => {
    // The endpoint is named, and not asked before the change: the database begins with `hash`.
    await start({ CHL_EMBEDDER: 'hash' });
    await call('/api/v1/entries/import', lines);
    const held = holdAfter(2);
    await call('/admin/reembed', { to: 'openai' });
    await until('two batches are staged, others under way', async () => {
      const { done } = await call('/admin/reembed');
      return done === 64 && held() > 0;
    });
    const query = 'Lesson 5\nFeed zebra number 5.';
    expect(await call('/api/v1/search/', { query, mode: 'vector', limit: 1 })).toMatchObject({
      mode: 'vector',
      results: [{ title: 'Lesson 5' }],
    });
    await service.kill();
    endpoint.calls.length = 0;
    endpoint.always = null;

    await start({ CHL_EMBEDDER: 'auto' });
    expect(await call('/admin/reembed', { to: 'openai' })).toMatchObject({
      from: 'hash@1/384/unit',
      done: 64,
    });
    // In the middle of the last steps, whichever it is in.
    await until('all are staged', async () => (await call('/admin/reembed'))['done'] === ENTRIES);
    await service.kill();
    const asked = lessonsAsked();
    expect(asked.length).toBe(ENTRIES - 64);

    await start({ CHL_EMBEDDER: 'auto' });
    await call('/admin/reembed', { to: 'openai' });
    await until('it is changed', async () => {
      const { state } = await call('/admin/reembed');
      return state === 'done' || state === 'unchanged';
    });
    expect(lessonsAsked()).toEqual(asked);
    await expectWhole('openai:stand-in@1/384/unit');
  },
);

async function lookUp(sql: string): Promise<unknown> {
  const database = new SqliteConnection({
    path: join(folder, 'data', 'chl.db'),
    busyTimeoutMs: 5_000,
    readOnly: true,
  });
  const row = await database.first(sql);
  database.close();
  return row?.['found'];
}

const boundTo = () => lookUp(`SELECT value AS found FROM meta WHERE name = 'embedder_fingerprint'`);
const embedChanges = () => lookUp(`SELECT count(*) AS found FROM changes WHERE op = 'embed'`);

/** The call that brings the service to its failpoint is never answered. */
async function changeUntilStopped(to: string): Promise<string> {
  void call('/admin/reembed', { to }).catch(() => undefined);
  return service.stopped;
}

const OPENAI = 'openai:stand-in@1/384/unit';
const HASH = 'hash@1/384/unit';

test(
  'killed at every step of the queue and of two changes of embedder, over one folder',
  { timeout: 600_000 },
  async () => {
    const queued = { CHL_EMBEDDER: 'openai', CHL_EMBED_MODE: 'async' };
    const held = holdAfter(0);
    await start(queued);
    await call('/api/v1/entries/import', lines);
    await until('a batch is under way', async () => held() > 0);
    await service.kill();
    endpoint.always = null;
    for (const place of ['queue.before-commit', 'commit.before-apply', 'commit.before-commit:2']) {
      await launch({ ...queued, CHL_FAILPOINTS: place });
      expect(place).toContain(await service.stopped);
      await service.kill();
    }
    await start(queued);
    await until('the queue is empty', async () => (await call('/admin/queue/status'))['pending'] === 0);
    expect(await embedChanges()).toBe(ENTRIES);
    await expectWhole(OPENAI);
    await service.kill();

    // To the built-in embedder; the database tells the service afterwards which one it belongs to.
    for (const [place, owner] of [
      ['reembed.before-stage:2', OPENAI],
      ['reembed.before-switch', OPENAI],
      ['commit.before-apply', HASH],
    ] as const) {
      await start({ CHL_EMBEDDER: 'auto', CHL_FAILPOINTS: place });
      expect(place).toContain(await changeUntilStopped('hash'));
      await service.kill();
      expect(await boundTo()).toBe(owner);
    }
    await start({ CHL_EMBEDDER: 'auto' });
    await expectWhole(HASH);

    // Back again, and the index process dies between the change in the database and the new index.
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    endpoint.always = (response, rows) => released.then(() => answerWith(response, rows));
    endpoint.calls.length = 0;
    // The endpoint is named, its dimension is known: nothing is asked before the first batch.
    await call('/admin/reembed', { to: 'openai' });
    await until('a batch is under way', async () => endpoint.calls.length > 0);
    const [indexProcess] = service.descendants();
    process.kill(indexProcess!, 'SIGSTOP');
    release();
    await until('the database is changed', async () => (await boundTo()) === OPENAI);
    process.kill(indexProcess!, 'SIGKILL');
    await until('it is changed', async () => (await call('/admin/reembed'))['state'] === 'done');
    await expectWhole(OPENAI);
    await service.kill();

    await start({ CHL_EMBEDDER: 'auto', CHL_FAILPOINTS: 'reembed.before-swap' });
    expect(await changeUntilStopped('hash')).toBe('reembed.before-swap');
    await service.kill();
    await start({ CHL_EMBEDDER: 'auto' });
    await expectWhole(HASH);
  },
);
