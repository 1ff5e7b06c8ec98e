import { expect, test } from 'vitest';
import { flatBackend } from '../../../adapters/index/flat/backend.ts';
import { FAN_OUT } from '../../../src/core/engine/merge-policy.ts';
import { asEntryKey } from '../../../src/core/ids.ts';
import type { SegmentBuilder } from '../../../src/core/ports/segment-builder.ts';
import type { VectorBackend } from '../../../src/core/ports/vector-backend.ts';
import { openCollection, searchFor } from '../../support/collection-fixture.ts';
import { Gate } from '../../support/gate.ts';
import { HeldBuilder } from '../../support/held-builder.ts';
import { randomUnitVector, seededRandom } from '../../support/random-vectors.ts';

const GROWING_MAX = 10;
const random = seededRandom(12);
const vector = (): Float32Array => randomUnitVector(random, 8);

test('what piles up behind a slow build is sealed in bounded pieces, and none of it is lost', async () => {
  let builder!: HeldBuilder;
  const wrapBuilder = (inner: SegmentBuilder): SegmentBuilder => (builder = new HeldBuilder(inner));
  const fixture = await openCollection({ spec: { growingMaxVectors: GROWING_MAX }, wrapBuilder });
  const { collection, source } = fixture;
  const first = builder.holdNext();
  const written = 25 * GROWING_MAX;
  for (let count = 0; count < written; count += 1)
    await collection.apply(source.create({ vector: vector() }));
  await first.reached;
  // Dead in a frozen segment: it must not come back with the seal.
  await collection.apply(source.delete(asEntryKey(15)));
  first.release();
  await expect.poll(async () => (await collection.status()).growing.rows).toBeLessThanOrEqual(GROWING_MAX);

  const sealed = builder.tasks.flatMap(({ input }) => (input.from === 'rows' ? [input.ids.length] : []));
  expect(sealed[0]).toBe(GROWING_MAX);
  expect(Math.max(...sealed)).toBe(FAN_OUT * GROWING_MAX);
  const { keys } = await collection.search(searchFor({ vector: vector(), limit: written }));
  expect([...keys].toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: written }, (_, index) => index + 1).filter((key) => key !== 15),
  );
  await collection.close();
});

/** A collection whose first merge waits, once it has been handed to the builder, until it is released. */
async function withHeldMerge() {
  const [reached, released] = [new Gate(), new Gate()];
  const wrapBuilder = (inner: SegmentBuilder): SegmentBuilder => ({
    async build(task) {
      if (task.input.from === 'segments') {
        reached.open();
        await released.opened;
      }
      return inner.build(task);
    },
    close: () => inner.close(),
  });
  const fixture = await openCollection({ spec: { growingMaxVectors: GROWING_MAX }, wrapBuilder });
  const { collection, source } = fixture;
  const write = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) await collection.apply(source.create({ vector: vector() }));
  };
  // One after the other: what waits to be sealed together becomes one segment.
  for (let sealed = 0; sealed < FAN_OUT; sealed += 1) {
    await write(sealed === 0 ? GROWING_MAX + 1 : GROWING_MAX);
    await expect.poll(async () => (await collection.status()).growing.rows).toBe(1);
  }
  await reached.opened;
  const expectAll = async (): Promise<void> => {
    const limit = source.documents.size;
    const { keys } = await collection.search(searchFor({ vector: vector(), limit }));
    expect(new Set(keys)).toEqual(new Set(source.documents.keys()));
  };
  return { collection, write, expectAll, release: released.open };
}

test('while a merge is built seals and saves go on, and searches find everything', async () => {
  const { collection, write, expectAll, release } = await withHeldMerge();
  await write(5 * FAN_OUT * GROWING_MAX);
  await expect
    .poll(async () => (await collection.status()).growing.rows)
    .toBeLessThanOrEqual(FAN_OUT * GROWING_MAX);
  const { generation } = await collection.save();
  expect((await collection.save()).generation).toBeGreaterThan(generation);
  await expectAll();
  expect((await collection.status()).counters.merges).toBe(0);
  release();
  await expect.poll(async () => (await collection.status()).counters.merges).toBeGreaterThan(0);
  await expectAll();
  await collection.close();
});

test('a rebuild begins when the merge has taken over, and no merge begins before it is done', async () => {
  const { collection, write, expectAll, release } = await withHeldMerge();
  const rebuilt = collection.rebuild();
  await write(2 * FAN_OUT * GROWING_MAX);
  release();
  await rebuilt;
  expect((await collection.status()).counters).toMatchObject({ merges: 1, rebuilds: 1 });
  await expectAll();
  await collection.close();
});

test('a collection that is closed while a merge is built does not wait for it', async () => {
  const { collection, release } = await withHeldMerge();
  await collection.close();
  release();
  expect((await collection.status()).state).not.toBe('ready');
});

test('a segment that is being loaded counts as memory of the index', async () => {
  const [reached, released] = [new Gate(), new Gate()];
  const backend: VectorBackend = {
    ...flatBackend,
    // What is scanned needs no library: only a graph is waited for.
    capabilities: { ...flatBackend.capabilities, kinds: ['hnsw'] },
    async build(vectors, parameters) {
      reached.open();
      await released.opened;
      return flatBackend.build(vectors, parameters);
    },
  };
  const { collection, source } = await openCollection({ spec: { growingMaxVectors: GROWING_MAX }, backend });
  for (let count = 0; count < GROWING_MAX; count += 1)
    await collection.apply(source.create({ vector: vector() }));
  const before = (await collection.status()).memoryBytes;
  await collection.apply(source.create({ vector: vector() }));
  await reached.opened;
  const rowBytes = 8 * Float32Array.BYTES_PER_ELEMENT + Float64Array.BYTES_PER_ELEMENT;
  // The growing segment that takes over, and the one that is about to.
  expect((await collection.status()).memoryBytes - before).toBeGreaterThan(2 * GROWING_MAX * rowBytes);
  released.open();
  await collection.close();
});

test('the rows of a scanned segment are held once: no library is given a copy of them', async () => {
  let copies = 0;
  const counting = <T>(index: T): T => {
    copies += 1;
    return index;
  };
  const backend: VectorBackend = {
    ...flatBackend,
    build: async (vectors, parameters) => counting(await flatBackend.build(vectors, parameters)),
    load: async (bytes, vectors, parameters) => counting(await flatBackend.load(bytes, vectors, parameters)),
  };
  const { collection, source } = await openCollection({ spec: { growingMaxVectors: GROWING_MAX }, backend });
  for (let count = 0; count <= GROWING_MAX; count += 1)
    await collection.apply(source.create({ vector: vector() }));
  await expect.poll(async () => (await collection.status()).segments.map(({ rows }) => rows)).toEqual([10]);
  const limit = GROWING_MAX + 1;
  // As many at once as a library would multiply as matrices.
  const answers = await Promise.all(
    Array.from({ length: 64 }, () => collection.search(searchFor({ vector: vector(), limit }))),
  );
  expect(answers.map(({ keys }) => keys.length)).toEqual(Array.from({ length: 64 }, () => limit));
  expect(copies).toBe(0);
  await collection.close();
});
