import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HashEmbedder } from '../../../adapters/embedder/hash/hash-embedder.ts';
import { asVectorId } from '../../../src/core/ids.ts';
import { fingerprintText, type Embedder } from '../../../src/core/ports/embedder.ts';
import { answerWith, EmbeddingServer } from '../../support/embedding-server.ts';
import { ada, Client, experience } from '../support/client.ts';
import { openServices, type OpenOptions, type OpenServices } from '../support/open-services.ts';
import { clientOf, QUICK_QUEUE, until } from '../support/stand-in.ts';

const ENTRIES = 80;
const old = new HashEmbedder({ dimension: 64 });
let server: EmbeddingServer;
let next: Embedder;
let folder: string;
let open: OpenServices;
let client: Client;

const entry = (number: number) => experience(`Lesson ${number} of zebras`, `Feed zebra number ${number}.`);
const words = (number: number) => `Lesson ${number} of zebras\nFeed zebra number ${number}.`;
const vectorIdsOf = (embedder: Embedder) =>
  open.catalog.reader.vectorIds(fingerprintText(embedder.fingerprint), asVectorId(0), 1_000);
const status = () => open.services.reembed.status();
const lessonsAsked = () =>
  server.calls.flatMap(({ input }) => input).filter((text) => text.startsWith('Lesson'));

async function start(options: OpenOptions): Promise<void> {
  open = await openServices({ path: join(folder, 'chl.db'), options: QUICK_QUEUE, next, ...options });
  await open.services.start();
  client = new Client(open.services);
}

async function fill(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, number) => client.write(entry(number))));
}

/** Each entry has exactly one vector, of the new embedder, named by the change that made it. */
async function expectChanged(count: number): Promise<void> {
  expect(await vectorIdsOf(old)).toEqual([]);
  const ids = await vectorIdsOf(next);
  expect(ids.length).toBe(count);
  const changes = await open.catalog.reader.changes((ids[0]! - 1) as never, 1_000);
  const embeds = new Set<number>(changes.map(({ seq }) => seq));
  expect(ids.every((id) => embeds.has(id))).toBe(true);
  for (let number = 0; number < count; number += 7) {
    const { results } = await client.search({ query: words(number), mode: 'vector', limit: 1 });
    expect(results[0]?.title).toBe(`Lesson ${number} of zebras`);
    expect(results[0]?.scores.vector).toBeCloseTo(1, 4);
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chl-reembed-'));
  server = await EmbeddingServer.start();
  next = await clientOf(server);
});
afterEach(async () => {
  await open.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a change of embedder', () => {
  test('old vectors answer until all new ones are there; what is written meanwhile is in', async () => {
    await start({ embedder: old });
    await fill(ENTRIES);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    server.plan(async (response, rows) => {
      await held;
      answerWith(response, rows);
    });
    expect(await open.services.reembed.start({}, ada)).toMatchObject({ state: 'embedding', total: ENTRIES });
    expect(await open.services.reembed.start({}, ada)).toMatchObject({ state: 'embedding' });
    await until('a batch is held', () => server.calls.length > 0);

    const meanwhile = await client.search({ query: words(3), mode: 'vector', limit: 1 });
    expect(meanwhile).toMatchObject({
      mode: 'vector',
      degraded: false,
      results: [{ title: 'Lesson 3 of zebras' }],
    });
    await client.write(entry(ENTRIES));
    const changed = (await client.search({ query: words(5), limit: 1 })).results[0]!;
    await client.update({
      entity_type: 'experience',
      category_code: 'API',
      entry_id: changed.entity_id,
      updates: { playbook: 'Feed zebra number 5 twice.' },
    });
    const gone = (await client.search({ query: words(6), limit: 1 })).results[0]!;
    await client.remove({ entity_type: 'experience', entry_id: gone.entity_id });
    release();
    await until('it is done', async () => (await status()).state === 'done');
    await until('nothing waits', async () => (await open.services.queue.status()).pending === 0);
    await expectChanged(ENTRIES);
    const twice = await client.search({
      query: 'Lesson 5 of zebras\nFeed zebra number 5 twice.',
      mode: 'vector',
      limit: 1,
    });
    expect(twice.results[0]?.scores.vector).toBeCloseTo(1, 4);
    expect((await open.services.index.status()).model_name).toBe('openai:stand-in');
    expect(await client.write(entry(200))).toMatchObject({ entry: { embedding_status: 'embedded' } });
  });

  test('searches and writes never fail on the way, and every answer says what it is', async () => {
    await start({ embedder: old });
    await fill(ENTRIES);
    server.always = async (response, rows) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      answerWith(response, rows);
    };
    await open.services.reembed.start({}, ada);
    let written = ENTRIES;
    while ((await status()).state !== 'done') {
      const number = written;
      await client.write({ ...entry(number), duplicates: 'skip' });
      written += 1;
      // Write, then read, at every moment of it.
      const { results } = await client.search({ query: words(number), limit: 1 });
      expect(results[0]?.title).toBe(`Lesson ${number} of zebras`);
      if (written > 200) throw new Error('It does not come to an end while there are writes.');
    }
    await until('nothing waits', async () => (await open.services.queue.status()).pending === 0);
    await expectChanged(written);
  });

  test('stopped in the middle it goes on where it was; nothing is embedded twice', async () => {
    await start({ embedder: old });
    await fill(ENTRIES);
    server.plan((response, rows) => answerWith(response, rows));
    server.always = () => undefined; // no answer at all
    await open.services.reembed.start({}, ada);
    await until('one batch is staged', async () => (await status()).done === 32);
    expect((await vectorIdsOf(old)).length).toBe(ENTRIES);
    await open.close();
    server.calls.length = 0;
    server.always = null;

    await start({ embedder: old });
    expect(await open.services.reembed.start({}, ada)).toMatchObject({ done: 32 });
    await until('it is done', async () => (await status()).state === 'done');
    const asked = lessonsAsked();
    expect(asked.length).toBe(ENTRIES - 32);
    expect(new Set(asked).size).toBe(asked.length);
    await expectChanged(ENTRIES);
    expect(await open.services.reembed.start({}, ada)).toMatchObject({ state: 'unchanged' });
  });

  test('an embedder that is away is waited for', async () => {
    await start({ embedder: old });
    await fill(3);
    server.always = (response) => void response.destroy();
    await open.services.reembed.start({}, ada);
    await until('it says what it waits for', async () => (await status()).error !== null);
    server.always = null;
    await until('it is done', async () => (await status()).state === 'done');
    await expectChanged(3);
  });
});

describe('a database with vectors of another embedder', () => {
  test('text search works, writes wait, vectors are refused; a change of embedder heals it', async () => {
    await start({ embedder: old });
    await fill(10);
    await open.close();

    await start({ embedder: next, bound: old });
    const health = await open.services.health.check();
    expect(health.status).toBe('degraded');
    expect(health.components.embedding_model.detail).toContain('chl reembed');
    const found = await client.search({ query: words(3) });
    expect(found).toMatchObject({
      mode: 'text',
      degraded: true,
      warnings: [expect.stringContaining('openai:stand-in')],
    });
    expect(found.results[0]?.title).toBe('Lesson 3 of zebras');
    await expect(client.search({ query: 'zebra', mode: 'vector' })).rejects.toMatchObject({
      code: 'EMBEDDER_MISMATCH',
    });
    expect((await client.write(entry(10))).entry.embedding_status).toBe('pending');
    expect((await client.search({ query: words(10), limit: 1 })).results[0]?.title).toBe(
      'Lesson 10 of zebras',
    );
    await expect(open.services.queue.drain(ada)).rejects.toMatchObject({ code: 'EMBEDDER_MISMATCH' });
    expect(server.calls).toEqual([]);

    await open.services.reembed.start({}, ada);
    await until('it is done', async () => (await status()).state === 'done');
    await expectChanged(11);
    expect((await open.services.health.check()).status).toBe('healthy');
  });
});
