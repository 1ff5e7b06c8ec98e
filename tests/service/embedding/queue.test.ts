import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../adapters/clock/system-clock.ts';
import { asVectorId } from '../../../src/core/ids.ts';
import type { Clock } from '../../../src/core/ports/runtime.ts';
import { fingerprintText } from '../../../src/core/ports/embedder.ts';
import {
  answerText,
  answerWith,
  EmbeddingServer,
  type Misbehaviour,
} from '../../support/embedding-server.ts';
import { ada, Client, experience } from '../support/client.ts';
import { openServices, type OpenServices } from '../support/open-services.ts';
import { ASYNC_MODE, clientOf, QUICK_QUEUE, until } from '../support/stand-in.ts';

let server: EmbeddingServer;
let open: OpenServices;
let client: Client;

async function start(options = QUICK_QUEUE, clock: Clock = systemClock): Promise<void> {
  open = await openServices({ embedder: await clientOf(server), options, clock });
  await open.services.start();
  client = new Client(open.services);
}

beforeEach(async () => {
  server = await EmbeddingServer.start();
});
afterEach(async () => {
  await open.close();
  await server.stop();
});

const queue = () => open.services.queue.status();
const drained = () => until('nothing pending', async () => (await queue()).pending === 0);
const entry = (number: number) => experience(`Lesson ${number} of zebras`, `Feed zebra number ${number}.`);
const textsAsked = () =>
  server.calls.flatMap(({ input }) => input).filter((text) => text.startsWith('Lesson'));

/** Every stored vector is what the real model makes of the entry's text: found first by its own words. */
async function expectAllRight(count: number): Promise<void> {
  const fingerprint = fingerprintText((await clientOf(server)).fingerprint);
  const ids = await open.catalog.reader.vectorIds(fingerprint, asVectorId(0), 1_000);
  expect(ids.length).toBe(count);
  for (let number = 0; number < count; number += 1) {
    const query = `Lesson ${number} of zebras\nFeed zebra number ${number}.`;
    const { results } = await client.search({ query, mode: 'vector', limit: 1 });
    expect(results[0]?.title).toBe(`Lesson ${number} of zebras`);
    expect(results[0]?.scores.vector).toBeCloseTo(1, 4);
  }
  expect((await open.collection.status()).vectors).toBe(count);
}

const spoiltRow =
  (value: number | null): Misbehaviour =>
  (response, rows) =>
    answerWith(
      response,
      rows.map((row) => row.map((number, place) => (place === 0 ? value : number))),
    );

const bad: readonly (readonly [string, Misbehaviour])[] = [
  ['drops the connection', (response) => void response.destroy()],
  ['answers 429', (response) => answerText(response, '', 429, { 'retry-after': '0' })],
  ['answers 500', (response) => answerText(response, 'boom', 500)],
  ['answers 401', (response) => answerText(response, '', 401)],
  ['answers too few', (response, rows) => answerWith(response, rows.slice(1))],
  [
    'answers another dimension',
    (response, rows) =>
      answerWith(
        response,
        rows.map((row) => row.slice(1)),
      ),
  ],
  ['answers null in a vector, as NaN is written', spoiltRow(null)],
  ['answers 1e999', (response) => answerText(response, '{"data":[{"embedding":[1e999]}]}')],
  [
    'answers without end',
    (response) => {
      response.writeHead(200);
      const chunk = 'x'.repeat(256 * 1024);
      const more = (): void => {
        if (!response.destroyed) response.write(chunk, () => setImmediate(more));
      };
      more();
    },
  ],
];

describe('an endpoint that misbehaves', () => {
  test.each(bad)(
    '%s: writes succeed, nothing wrong is stored, and it heals by itself',
    async (_what, misbehave) => {
      await start();
      server.always = misbehave;
      for (let number = 0; number < 3; number += 1) {
        const written = await client.write(entry(number));
        expect(written.entry.embedding_status).toBe('pending');
      }
      const found = await client.search({ query: 'zebra number 1' });
      expect(found.results[0]?.title).toBe('Lesson 1 of zebras');
      await until('the queue met it', async () => (await queue()).counters.failures > 1);
      expect(await queue()).toMatchObject({
        pending: 3,
        failed: 0,
        embedded: 0,
        last_error: expect.any(String),
      });
      server.always = null;
      await drained();
      await expectAllRight(3);
      expect((await open.services.health.check()).status).toBe('healthy');
    },
  );

  test('answers slowly and out of order: vectors come to their own texts', async () => {
    server.always = async (response, rows) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
      const data = rows.map((embedding, index) => ({ index, embedding })).toReversed();
      answerText(response, JSON.stringify({ data }));
    };
    await start(ASYNC_MODE);
    await Promise.all(Array.from({ length: 40 }, (_, number) => client.write(entry(number))));
    await drained();
    await expectAllRight(40);
  });
});

describe('a text that the endpoint refuses', () => {
  const refuseLesson1: Misbehaviour = (response, rows, { input }) =>
    input.some((text) => text.includes('Lesson 1 '))
      ? answerText(response, '', 400)
      : answerWith(response, rows);

  test('does not keep the others, is given up after five attempts, and is taken up again', async () => {
    server.always = refuseLesson1;
    await start(ASYNC_MODE);
    await Promise.all(Array.from({ length: 8 }, (_, number) => client.write(entry(number))));
    await until('it is given up', async () => (await queue()).failed === 1);
    await drained();
    expect(await queue()).toMatchObject({ pending: 0, failed: 1, embedded: 7, counters: { refusals: 5 } });
    server.always = null;
    expect(await open.services.queue.retryFailed(ada)).toMatchObject({ failed: 0 });
    await drained();
    await expectAllRight(8);
  });
});

describe('the queue', () => {
  test('in async mode a write never asks the endpoint, and is found by text at once', async () => {
    await start(ASYNC_MODE);
    await open.services.queue.pause(ada);
    const written = await client.write(entry(0));
    expect(written.entry.embedding_status).toBe('pending');
    expect(written.warnings?.join() ?? '').not.toContain('until it is embedded');
    expect(server.calls).toEqual([]);
    expect((await client.search({ query: 'zebra', mode: 'text' })).count).toBe(1);
    await open.services.queue.resume(ada);
    await drained();
    await expectAllRight(1);
  });

  test('while paused nothing is embedded; drain refuses, and works after resume', async () => {
    await start(ASYNC_MODE);
    expect(await open.services.queue.pause(ada)).toMatchObject({ paused: true });
    for (let number = 0; number < 3; number += 1) await client.write(entry(number));
    await expect(open.services.queue.drain(ada)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await queue()).toMatchObject({ pending: 3, paused: true, oldest_age_seconds: expect.any(Number) });
    await open.services.queue.resume(ada);
    expect(await open.services.queue.drain(ada)).toMatchObject({ status: 'success', pending: 0 });
    await expectAllRight(3);
  });

  test('drain says so when the endpoint is away', async () => {
    server.always = (response) => void response.destroy();
    await start(ASYNC_MODE);
    await client.write(entry(0));
    expect(await open.services.queue.drain(ada)).toMatchObject({
      status: 'incomplete',
      pending: 1,
      failed: 0,
    });
    server.always = null;
    await drained();
  });

  test('a timer that fires a little early, and a pause that ends between two looks at the clock, stall nothing', async () => {
    server.always = (response) => void response.destroy();
    let looks = 0;
    const clock: Clock = {
      nowMs: () => systemClock.nowMs(),
      monotonicMs: () => systemClock.monotonicMs() + (looks += 1),
      setTimer: (callback, delayMs) => systemClock.setTimer(callback, Math.max(0, delayMs - 2)),
    };
    await start(ASYNC_MODE, clock);
    await client.write(entry(0));
    await until('it has been tried again and again', async () => (await queue()).counters.failures > 40);
    server.always = null;
    await drained();
  });

  test('an entry that is changed while its old text is being embedded ends with its newest', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    server.plan(async (response, rows) => {
      await held;
      answerWith(response, rows);
    });
    await start(ASYNC_MODE);
    const { entry_id } = await client.write(experience('Lesson old of zebras', 'old'));
    await until('it is being embedded', () => server.calls.length === 1);
    await client.update({
      entity_type: 'experience',
      category_code: 'API',
      entry_id,
      updates: { title: 'Lesson 0 of zebras', playbook: 'Feed zebra number 0.' },
    });
    release();
    await drained();
    expect(textsAsked().toSorted()).toEqual([
      'Lesson 0 of zebras\nFeed zebra number 0.',
      'Lesson old of zebras\nold',
    ]);
    await expectAllRight(1);
  });

  test('rebuild and save meet it halfway: nothing is lost', async () => {
    await start(ASYNC_MODE);
    const writing = Promise.all(Array.from({ length: 60 }, (_, number) => client.write(entry(number))));
    for (let round = 0; round < 3; round += 1) {
      await open.services.index.rebuild(ada);
      await open.services.index.save(ada);
    }
    await writing;
    await drained();
    await open.services.index.rebuild(ada);
    await expectAllRight(60);
  });
});

describe('what was embedded before', () => {
  test('a repeated query, an unchanged text and an equal text are not embedded again', async () => {
    await start();
    await client.write({ ...entry(0), duplicates: 'skip' });
    for (let round = 0; round < 3; round += 1) await client.search({ query: 'hungry zebra' });
    expect(server.calls.length).toBe(2);
    const written = await client.write({ ...entry(0), duplicates: 'skip' });
    await client.update({
      entity_type: 'experience',
      category_code: 'API',
      entry_id: written.entry_id,
      updates: { section: 'harmful' },
    });
    expect(server.calls.length).toBe(2);
    expect(await queue()).toMatchObject({
      embedded: 2,
      cache: { query: { hits: 2, misses: 1 }, passage: { hits: 1, misses: 1 } },
    });
  });

  test('the cache is bounded', async () => {
    await start({
      ...QUICK_QUEUE,
      embedding: { ...ASYNC_MODE.embedding!, mode: 'sync', cacheMaxBytes: 20_000 },
    });
    for (let number = 0; number < 30; number += 1) await client.search({ query: `zebra ${number}` });
    const { cache } = await queue();
    expect(cache.bytes).toBeLessThanOrEqual(20_000);
    expect(cache.entries).toBeGreaterThan(5);
  });
});
