import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HashEmbedder } from '../../../adapters/embedder/hash/hash-embedder.ts';
import { ChlError } from '../../../src/core/errors.ts';
import { asSeq } from '../../../src/core/ids.ts';
import type { Embedder } from '../../../src/core/ports/embedder.ts';
import type { Clock } from '../../../src/core/ports/runtime.ts';
import { answerWith, EmbeddingServer } from '../../support/embedding-server.ts';
import { ada, Client, experience } from '../support/client.ts';
import { openServices, type OpenOptions, type OpenServices } from '../support/open-services.ts';
import { systemClock } from '../support/runtime.ts';
import { ASYNC_MODE, clientOf, QUICK_QUEUE, until } from '../support/stand-in.ts';

/** Two services, each with an index and a queue of its own, on one database. */

const POLL_MS = 20;
/** So short that a test can wait for its end. On a busy machine it may lapse by itself, and change hands. */
const LEASE_MS = 300;
/** For tests in which nothing may lapse. */
const PATIENT = { leaseTtlMs: 600_000 };
const ENTRIES = 40;

let server: EmbeddingServer;
let embedder: Embedder;
let folder: string;
let opened: OpenServices[];

async function open(options: OpenOptions = {}): Promise<OpenServices> {
  const service = await openServices({
    path: join(folder, 'chl.db'),
    embedder,
    replicaPollMs: POLL_MS,
    ...options,
    options: { ...ASYNC_MODE, leaseTtlMs: LEASE_MS, ...options.options },
  });
  opened.push(service);
  await service.services.start();
  return service;
}

const entry = (number: number) =>
  experience(`Lesson ${number} of zebras`, `Feed zebra number ${number}.`, { duplicates: 'skip' });
const lessonsAsked = () =>
  server.calls.flatMap(({ input }) => input).filter((text) => text.startsWith('Lesson'));
const pending = async (service: OpenServices) => (await service.services.queue.status()).pending;

/** Each entry was given a vector once. */
async function expectEmbeddedOnce(service: OpenServices, count: number): Promise<void> {
  const changes = await service.catalog.reader.changes(asSeq(0), 1_000);
  const embeds = changes.filter(({ op }) => op === 'embed').map(({ entryId }) => entryId);
  expect(embeds.length).toBe(count);
  expect(new Set(embeds).size).toBe(count);
}

/** A service that follows a change of embedder refuses vectors until it has done so, and may be asked again. */
async function expectFoundByMeaning(service: OpenServices, number: number): Promise<void> {
  const query = `Lesson ${number} of zebras\nFeed zebra number ${number}.`;
  await until('it is found by its vector', async () => {
    try {
      const { results } = await new Client(service.services).search({ query, mode: 'vector', limit: 1 });
      return results[0]?.title === `Lesson ${number} of zebras`;
    } catch (error) {
      if (error instanceof ChlError && error.code === 'EMBEDDER_MISMATCH') return false;
      throw error;
    }
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chl-replicas-'));
  server = await EmbeddingServer.start();
  embedder = await clientOf(server);
  opened = [];
});
afterEach(async () => {
  for (const service of opened) await service.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the embedding queue of a shared database', () => {
  test('is worked on by one of the services; each text is embedded once and found by both', async () => {
    const both = [await open({ options: PATIENT }), await open({ options: PATIENT })];
    await Promise.all(
      Array.from({ length: ENTRIES }, (_, number) =>
        new Client(both[number % 2]!.services).write(entry(number)),
      ),
    );
    for (const service of both) await until('nothing waits', async () => (await pending(service)) === 0);
    expect(new Set(lessonsAsked()).size).toBe(ENTRIES);
    expect(lessonsAsked().length).toBe(ENTRIES);
    await expectEmbeddedOnce(both[0]!, ENTRIES);
    for (const service of both) await expectFoundByMeaning(service, 7);
  });

  test('passes to the other service at once when the first one ends', async () => {
    const first = await open();
    const second = await open();
    await first.services.close();
    await new Client(second.services).write(entry(1));
    await until('nothing waits', async () => (await pending(second)) === 0);
    await expectEmbeddedOnce(second, 1);
  });

  test('passes on when its holder stands still; what that one brings later is refused', async () => {
    // Neither its timers nor its idea of the time move: so is a process that was stopped.
    const still: Clock = {
      ...systemClock,
      monotonicMs: () => 0,
      setTimer: () => ({ cancel: () => undefined }),
    };
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    server.plan(async (response, rows) => {
      await held;
      answerWith(response, rows);
    });
    // Long enough that the first one has asked by then, on a busy machine too.
    const options = { leaseTtlMs: 2_000 };
    const first = await open({ clock: still, options });
    const second = await open({ options });
    await new Client(first.services).write(entry(1));
    await until('the first one is asking', () => server.calls.length === 1);
    await until('the second one has done it', async () => (await pending(second)) === 0);
    await new Client(second.services).write(entry(2));
    release();
    await until('the first one is told', async () => {
      const { last_error: error } = await first.services.queue.status();
      return error?.includes('has passed to another service') === true;
    });
    await until('nothing waits', async () => (await pending(second)) === 0);
    await expectEmbeddedOnce(second, 2);
  });

  test('is paused and resumed through either service', async () => {
    const [first, second] = [await open(), await open()];
    await second.services.queue.pause(ada);
    await until('the first one knows', async () => (await first.services.queue.status()).paused);
    await until(
      'its worker knows',
      async () => (await first.services.queue.drain(ada).catch(() => null)) === null,
    );
    await new Client(first.services).write(entry(1));
    expect(await pending(second)).toBe(1);
    await second.services.queue.resume(ada);
    await until('nothing waits', async () => (await pending(second)) === 0);
  });
});

describe('a change of embedder of a shared database', () => {
  test('is made by one service at a time; the other one follows without a restart', async () => {
    const old = new HashEmbedder({ dimension: 64 });
    // On a busy machine a short lease would lapse in the middle, and the change be given up.
    const options = { embedder: old, next: embedder, options: { ...QUICK_QUEUE, ...PATIENT } };
    const [first, second] = [await open(options), await open(options)];
    for (let number = 0; number < ENTRIES; number += 1) await new Client(first.services).write(entry(number));
    await expectFoundByMeaning(second, 7);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    server.always = async (response, rows) => {
      await held;
      answerWith(response, rows);
    };
    await first.services.reembed.start({}, ada);
    await expect(second.services.reembed.start({}, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
    release();
    await until('it is done', async () => (await first.services.reembed.status()).state === 'done');
    await expectFoundByMeaning(first, 7);
    await expectFoundByMeaning(second, 7);
    const answer = await new Client(second.services).search({ query: 'Lesson 7 of zebras', limit: 1 });
    expect(answer).toMatchObject({ degraded: false, results: [{ title: 'Lesson 7 of zebras' }] });
    await new Client(second.services).write(entry(ENTRIES));
    await until('nothing waits', async () => (await pending(first)) === 0);
    for (const service of [first, second]) await expectFoundByMeaning(service, ENTRIES);
  });

  test('that a service has no embedder for leaves it answering by words, labelled', async () => {
    const old = new HashEmbedder({ dimension: 64 });
    const first = await open({ embedder: old, next: embedder, options: QUICK_QUEUE });
    const second = await open({ embedder: old, next: null, options: QUICK_QUEUE });
    await new Client(first.services).write(entry(7));
    await first.services.reembed.start({}, ada);
    await until('it is done', async () => (await first.services.reembed.status()).state === 'done');
    await until('the other one has heard', async () => {
      const { last_error: error } = await second.services.queue.status();
      return error?.includes('holds vectors of') === true;
    });
    const answer = await new Client(second.services).search({ query: 'Lesson 7 of zebras', limit: 1 });
    expect(answer).toMatchObject({ degraded: true, results: [{ title: 'Lesson 7 of zebras' }] });
    // Written by the one that cannot embed it, and embedded by the one that can.
    await new Client(second.services).write(entry(8));
    await until('nothing waits', async () => (await pending(first)) === 0);
    await expectFoundByMeaning(first, 8);
  });
});
