import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SqliteConnection } from '../../adapters/catalog/libsql/sqlite-connection.ts';
import { answerWith, EmbeddingServer } from '../support/embedding-server.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** The real service in a process of its own, killed with SIGKILL in the middle of embedding. */

const ENTRIES = 160;
const UNTIL_MAX_MS = 60_000;

let endpoint: EmbeddingServer;
let folder: string;
let service: TestServer;

beforeEach(async () => {
  endpoint = await EmbeddingServer.start();
  folder = await mkdtemp(join(tmpdir(), 'chl-embedding-kill-'));
});
afterEach(async () => {
  await service.stop();
  await endpoint.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(environment: Record<string, string>): Promise<void> {
  service = await startServer({
    runtime: 'node',
    dataDir: join(folder, 'data'),
    environment: {
      CHL_EMBEDDING_URL: endpoint.url,
      CHL_EMBEDDING_MODEL: 'stand-in',
      CHL_INDEX_BACKEND: 'flat',
      CHL_LOG_LEVEL: 'info',
      ...environment,
    },
  });
}

async function kill(): Promise<void> {
  const gone = once(service.process, 'exit');
  service.process.kill('SIGKILL');
  await gone;
}

async function call(path: string, body?: object | string): Promise<Record<string, unknown>> {
  const response = await fetch(new URL(path, service.url), {
    ...(body === undefined
      ? {}
      : {
          method: 'POST',
          headers: { 'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json' },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return typeof body === 'string' ? {} : (JSON.parse(text) as Record<string, unknown>);
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
  { timeout: 180_000 },
  async () => {
    const queued = { CHL_EMBEDDER: 'openai', CHL_EMBED_MODE: 'async', CHL_EMBEDDING_DIMENSION: '384' };
    const held = holdAfter(2);
    await start(queued);
    await call('/api/v1/entries/import', lines);
    await until('two batches are stored, others under way', async () => {
      const { embedded } = await call('/admin/queue/status');
      return embedded === 64 && held() > 0;
    });
    await kill();
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
  { timeout: 180_000 },
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
    await kill();
    endpoint.calls.length = 0;
    endpoint.always = null;

    await start({ CHL_EMBEDDER: 'auto' });
    expect(await call('/admin/reembed', { to: 'openai' })).toMatchObject({
      from: 'hash@1/384/unit',
      done: 64,
    });
    // In the middle of the last steps, whichever it is in.
    await until('all are staged', async () => (await call('/admin/reembed'))['done'] === ENTRIES);
    await kill();
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
