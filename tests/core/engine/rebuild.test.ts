import { expect, test } from 'vitest';
import { ChlError } from '../../../src/core/errors.ts';
import { asEntryKey } from '../../../src/core/ids.ts';
import type { SegmentBuilder } from '../../../src/core/ports/segment-builder.ts';
import {
  openCollection,
  searchFor,
  type CollectionFixture,
  type FixtureOptions,
} from '../../support/collection-fixture.ts';
import { HeldBuilder } from '../../support/held-builder.ts';
import { joined } from '../../support/memory-source.ts';
import { randomUnitVector, seededRandom } from '../../support/random-vectors.ts';

const random = seededRandom(11);
const vector = (): Float32Array => randomUnitVector(random, 8);

interface RebuildFixture extends CollectionFixture {
  readonly builder: HeldBuilder;
}

async function filledCollection(count: number, options: FixtureOptions = {}): Promise<RebuildFixture> {
  let builder!: HeldBuilder;
  const wrapBuilder = (inner: SegmentBuilder): SegmentBuilder => (builder = new HeldBuilder(inner));
  const fixture = await openCollection({ ...options, wrapBuilder });
  const batches = Array.from({ length: count }, () => fixture.source.create({ vector: vector() }));
  if (count > 0) await fixture.collection.apply(joined(batches));
  return { ...fixture, builder };
}

/** All keys that a search over everything answers, ascending. */
async function keysFound({ collection }: CollectionFixture): Promise<readonly number[]> {
  const hits = await collection.search(searchFor({ vector: vector(), limit: 10_000 }));
  return [...hits.keys].toSorted((one, other) => one - other);
}

/** Resolves when no background work is left: a save takes its turn after what is running. */
async function settled({ collection }: CollectionFixture): Promise<void> {
  let status = await collection.status();
  do {
    await collection.save();
    status = await collection.status();
  } while (status.rebuild.running || status.needsRebuild || status.growing.rows > status.growing.maxRows);
}

test('a delete, an update and a write during a rebuild are right while it runs and after it', async () => {
  const fixture = await filledCollection(50);
  const { collection, source, builder } = fixture;
  const build = builder.holdNext();
  const rebuilt = collection.rebuild();
  // The new segment is built, entry 7 and the old version of entry 8 in it.
  await build.reached;
  await collection.apply(source.delete(asEntryKey(7)));
  await collection.apply(source.update(asEntryKey(8), { vector: vector() }));
  await collection.apply(source.create({ vector: vector() }));
  const expected = [...source.documents.keys()].toSorted((one, other) => one - other);
  expect(await keysFound(fixture)).toEqual(expected);
  expect((await collection.status()).rebuild.running).toBe(true);
  build.release();
  expect(await rebuilt).toMatchObject({ vectors: 50 });
  expect(await keysFound(fixture)).toEqual(expected);
  expect(await collection.status()).toMatchObject({
    tombstones: 2,
    vectors: 50,
    rebuild: { running: false },
  });
  await collection.close();
});

test('neither searches nor writes wait for a rebuild, and a second one joins the first', async () => {
  const fixture = await filledCollection(20);
  const { collection, builder } = fixture;
  const build = builder.holdNext();
  const [first, second] = [collection.rebuild(), collection.rebuild()];
  await build.reached;
  expect(await keysFound(fixture)).toHaveLength(20);
  build.release();
  expect(await first).toBe(await second);
  expect((await collection.status()).counters.rebuilds).toBe(1);
  await collection.close();
});

test('11 deletions of 100 start a rebuild by themselves, 10 do not', async () => {
  const fixture = await filledCollection(100);
  const { collection, source } = fixture;
  for (let key = 1; key <= 10; key += 1) await collection.apply(source.delete(asEntryKey(key)));
  await settled(fixture);
  expect(await collection.status()).toMatchObject({
    tombstones: 10,
    tombstoneRatio: 0.1,
    needsRebuild: false,
  });
  await collection.apply(source.delete(asEntryKey(11)));
  await settled(fixture);
  const status = await collection.status();
  expect(status).toMatchObject({ tombstones: 0, vectors: 89, counters: { rebuilds: 1 } });
  expect(await keysFound(fixture)).toEqual([...source.documents.keys()]);
  await collection.close();
});

test('deleting everything leaves an empty index that takes new entries', async () => {
  const fixture = await filledCollection(5);
  const { collection, source } = fixture;
  await collection.apply(joined([1, 2, 3, 4, 5].map((key) => source.delete(asEntryKey(key)))));
  await settled(fixture);
  expect(await collection.status()).toMatchObject({ vectors: 0, tombstones: 0, segments: [] });
  await collection.apply(source.create({ vector: vector() }));
  expect(await keysFound(fixture)).toEqual([6]);
  await collection.close();
});

test('full growing segments are sealed, and sealed ones merged, in the background', async () => {
  const fixture = await filledCollection(0, { spec: { growingMaxVectors: 10 } });
  const { collection, source } = fixture;
  for (let i = 1; i <= 200; i += 1) {
    await collection.apply(source.create({ vector: vector() }));
    if (i % 10 === 1) await settled(fixture);
  }
  const status = await collection.status();
  expect(status.segments.length).toBeLessThan(14);
  expect(status.counters.merges).toBeGreaterThan(0);
  expect(status.growing.rows).toBeLessThanOrEqual(10);
  expect(await keysFound(fixture)).toHaveLength(200);
  await collection.close();
});

test('writes are held back while 64,000 vectors wait to be sealed, for a second at most', async () => {
  const fixture = await filledCollection(0, { spec: { growingMaxVectors: 32_000 } });
  const { collection, source, builder, clock, logger } = fixture;
  const create = (count: number) =>
    joined(Array.from({ length: count }, () => source.create({ vector: vector() })));
  const held = builder.holdNext();
  await collection.apply(create(33_000));
  await held.reached;
  // The first is being built, the second is full: both are frozen.
  const write = { isDone: false };
  const applied = collection.apply(create(32_000)).then(() => (write.isDone = true));
  const warned = (): boolean =>
    logger.messages('warn').includes('segments are built too slowly; writes are held back');
  while (!warned() && !write.isDone) await new Promise((resolve) => setTimeout(resolve, 0));
  // Applied, but not acknowledged; a search finds it and waits for nothing.
  const { vectors } = await collection.status();
  expect(vectors).toBe(65_000);
  expect((await collection.search(searchFor({ vector: vector(), limit: 10 }))).keys).toHaveLength(10);
  expect(write.isDone).toBe(false);
  clock.advance(1_000);
  await applied;
  // Building goes on: the next is let go without any time passing.
  const next = collection.apply(create(1));
  held.release();
  await next;
  await collection.close();
});

test('a build that fails loses nothing, is logged, and is tried again after a pause', async () => {
  const fixture = await filledCollection(100);
  const { collection, source, builder, logger, clock } = fixture;
  builder.failure = new ChlError('STORAGE_FULL', 'The disk is full.');
  for (let key = 1; key <= 11; key += 1) await collection.apply(source.delete(asEntryKey(key)));
  await collection.save();
  expect(logger.messages('error')).toEqual(['index maintenance failed; it will be tried again']);
  expect(await keysFound(fixture)).toHaveLength(89);
  await expect(collection.rebuild()).rejects.toThrow('The disk is full.');
  builder.failure = null;
  clock.advance(1_000);
  await settled(fixture);
  expect(await collection.status()).toMatchObject({ tombstones: 0, counters: { rebuilds: 1 } });
  expect(await keysFound(fixture)).toHaveLength(89);
  await collection.close();
});

test('closing does not wait for a build, and nothing is lost by it', async () => {
  const fixture = await filledCollection(30);
  const { collection, source, files, builder, logger } = fixture;
  const build = builder.holdNext();
  const rebuilt = collection.rebuild();
  await build.reached;
  await Promise.all([expect(rebuilt).rejects.toMatchObject({ code: 'UNAVAILABLE' }), collection.close()]);
  build.release();
  expect(logger.messages('error')).toEqual([]);
  const next = await openCollection({ source, files });
  expect(await keysFound(next)).toHaveLength(30);
  await next.collection.close();
});
