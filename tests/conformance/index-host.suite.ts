import assert from 'node:assert/strict';
import { ChlError } from '../../src/core/errors.ts';
import { asSeq } from '../../src/core/ids.ts';
import type { IndexCollection, IndexHits, IndexHost, IndexSearch } from '../../src/core/ports/index-host.ts';
import { HostWorld, vectorOf } from '../support/host-world.ts';
import type { Registrar } from './registrar.ts';

export const searchFor = (n: number, overrides: Partial<IndexSearch> = {}): IndexSearch => ({
  mode: 'vector',
  vector: vectorOf(n),
  text: `word${n}`,
  filter: {},
  limit: 5,
  weights: { vector: 1, text: 1 },
  minSeq: asSeq(0),
  ...overrides,
});

/** `entry_key` of a fresh database counts 1, 2, …, as the entries of these tests do. */
export const keysOf = (hits: IndexHits): number[] => [...hits.keys];

/** What every host promises, over a real database and a real folder. */
export function indexHostSuite(
  registrar: Registrar,
  name: string,
  createHost: () => Promise<IndexHost>,
): void {
  const test = (title: string, body: (world: HostWorld, host: IndexHost) => Promise<void>): void =>
    registrar.test(`${name}: ${title}`, async () => {
      const world = await HostWorld.create();
      const host = await createHost();
      try {
        await body(world, host);
      } finally {
        await host.close();
        await world.dispose();
      }
    });

  test('opens on an empty database and says so', async (world, host) => {
    const collection = await opened(host, world);
    assert.equal(collection.state, 'ready');
    const status = await collection.status();
    assert.equal(status.recovery?.source, 'empty');
    assert.equal(status.backend, 'flat');
    assert.deepEqual(keysOf(await collection.search(searchFor(1))), []);
  });

  test('what was applied is found by the very next search, in every mode', async (world, host) => {
    const collection = await opened(host, world);
    await collection.apply(await world.create(1, 30));
    for (const mode of ['vector', 'text', 'hybrid'] as const) {
      const hits = await collection.search(searchFor(17, { mode }));
      assert.equal(hits.keys[0], 17, mode);
      assert.ok(hits.scores[0]! > hits.scores[1]! || hits.keys.length === 1, mode);
      assert.equal(hits.seq, 30);
    }
  });

  test('what was deleted is not found by the very next search', async (world, host) => {
    const collection = await opened(host, world);
    await collection.apply(await world.create(1, 5));
    await collection.apply(await world.remove(3));
    assert.ok(!keysOf(await collection.search(searchFor(3))).includes(3));
  });

  test('a change that was not handed over is read from the database before the next one', async (world, host) => {
    const collection = await opened(host, world);
    await world.create(1, 3);
    await collection.apply(await world.create(4, 4));
    assert.deepEqual(keysOf(await collection.search(searchFor(2, { limit: 1 }))), [2]);
  });

  test('an entry stored before the open is found after it', async (world, host) => {
    await world.create(1, 12);
    const collection = await opened(host, world);
    assert.equal((await collection.status()).recovery?.source, 'rebuild');
    assert.deepEqual(keysOf(await collection.search(searchFor(9, { limit: 1 }))), [9]);
  });

  test('a hundred searches at once answer as one after the other', async (world, host) => {
    const collection = await opened(host, world);
    await collection.apply(await world.create(1, 100));
    const queries = Array.from({ length: 100 }, (_, index) =>
      searchFor(index + 1, { mode: index % 2 === 0 ? 'vector' : 'hybrid' }),
    );
    const together = await Promise.all(queries.map((query) => collection.search(query)));
    for (const [index, query] of queries.entries()) {
      assert.deepEqual(together[index], await collection.search(query));
    }
  });

  test('a filter restricts the answer and never makes it short', async (world, host) => {
    const collection = await opened(host, world);
    await collection.apply(await world.create(1, 60));
    const hits = await collection.search(searchFor(1, { filter: { category: 'SEC' }, limit: 6 }));
    assert.deepEqual(
      keysOf(hits).toSorted((one, other) => one - other),
      [10, 20, 30, 40, 50, 60],
    );
  });

  test('one bad query is refused by name and leaves its neighbours alone', async (world, host) => {
    const collection = await opened(host, world);
    await collection.apply(await world.create(1, 3));
    const [bad, good] = await Promise.allSettled([
      collection.search(searchFor(1, { vector: new Float32Array(3) })),
      collection.search(searchFor(2, { limit: 1 })),
    ]);
    assert.ok(bad.status === 'rejected' && bad.reason instanceof ChlError);
    assert.equal(bad.reason.code, 'INVALID_ARGUMENT');
    assert.ok(good.status === 'fulfilled');
    assert.deepEqual(keysOf(good.value), [2]);
  });

  test('what was saved is opened again, with the same answers', async (world, host) => {
    const first = await opened(host, world);
    await first.apply(await world.create(1, 40));
    await first.apply(await world.remove(7, 8));
    const report = await first.save();
    assert.equal(report.seq, 42);
    await first.apply(await world.create(41, 45));
    const before = await first.search(searchFor(44));
    await first.close();

    const second = await opened(host, world);
    const status = await second.status();
    assert.equal(status.recovery?.source, 'snapshot');
    assert.deepEqual(status.recovery.reasons, []);
    assert.equal(status.vectors, 43);
    assert.deepEqual(await second.search(searchFor(44)), before);
  });

  test('a rebuild drops the dead and keeps the answers', async (world, host) => {
    const collection = await opened(host, world, { growingMaxVectors: 10, rebuildThreshold: 1 });
    await collection.apply(await world.create(1, 25));
    await collection.apply(await world.remove(2, 12));
    const before = await collection.search(searchFor(5, { limit: 25 }));
    const report = await collection.rebuild();
    assert.equal(report.vectors, 23);
    assert.equal((await collection.status()).tombstones, 0);
    const after = await collection.search(searchFor(5, { limit: 25 }));
    assert.deepEqual(after, before);
  });

  test('a closed collection answers nothing more, and closing twice is closing once', async (world, host) => {
    const collection = await opened(host, world);
    await collection.close();
    await collection.close();
    assert.equal(collection.state, 'closed');
    await assert.rejects(collection.search(searchFor(1)), { code: 'UNAVAILABLE' });
    await assert.rejects(collection.save(), { code: 'UNAVAILABLE' });
  });

  test('an index that cannot be opened says why, and its first open has ended', async (world, host) => {
    const collection = host.open(world.spec({ databaseUrl: `file://${world.directory}/none.db` }));
    await collection.opened;
    assert.equal(collection.state, 'unavailable');
    assert.match((await collection.status()).reason ?? '', /no database/);
    await assert.rejects(collection.search(searchFor(1)), { code: 'UNAVAILABLE' });
  });
}

async function opened(
  host: IndexHost,
  world: HostWorld,
  overrides: Parameters<HostWorld['spec']>[0] = {},
): Promise<IndexCollection> {
  const collection = host.open(world.spec(overrides));
  await collection.opened;
  return collection;
}
