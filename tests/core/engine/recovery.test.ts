import { expect, test } from 'vitest';
import { flatBackend } from '../../../adapters/index/flat/backend.ts';
import { MemoryFiles } from '../../../adapters/files/memory/memory-files.ts';
import type { Collection } from '../../../src/core/engine/collection.ts';
import { ChlError } from '../../../src/core/errors.ts';
import { asEntryKey, asSeq } from '../../../src/core/ids.ts';
import type { VectorBackend } from '../../../src/core/ports/vector-backend.ts';
import { verifySnapshots } from '../../../src/core/snapshot/verify-snapshot.ts';
import {
  openCollection,
  searchFor,
  testSpec,
  type CollectionFixture,
  type FixtureOptions,
} from '../../support/collection-fixture.ts';
import { MemorySource } from '../../support/memory-source.ts';
import { randomUnitVector, seededRandom } from '../../support/random-vectors.ts';

const random = seededRandom(12);
const vector = (): Float32Array => randomUnitVector(random, 8);

async function keysFound({ collection }: CollectionFixture): Promise<readonly number[]> {
  const hits = await collection.search(searchFor({ vector: vector(), limit: 10_000 }));
  return [...hits.keys].toSorted((one, other) => one - other);
}

async function reopened(collection: Collection): Promise<void> {
  while (collection.state === 'opening') await new Promise((resolve) => setImmediate(resolve));
}

/** Writes, closes, and answers what a next start finds. */
async function lifeBefore(count: number, options: FixtureOptions = {}) {
  const { collection, source, files } = await openCollection(options);
  for (let i = 0; i < count; i += 1) await collection.apply(source.create({ vector: vector() }));
  await collection.rebuild();
  for (let i = 0; i < 3; i += 1) await collection.apply(source.create({ vector: vector() }));
  await collection.close();
  return { source, files };
}

test('a fresh database and folder: empty', async () => {
  const { collection } = await openCollection();
  expect((await collection.status()).recovery).toMatchObject({ source: 'empty', replayed: 0, reasons: [] });
  await collection.close();
});

test('changes that the index never heard of are there after a restart', async () => {
  const { source, files } = await lifeBefore(20);
  source.create({ vector: vector() });
  source.delete(asEntryKey(1));
  source.update(asEntryKey(2), { vector: vector() });
  const next = await openCollection({ source, files });
  expect(await keysFound(next)).toEqual([...source.documents.keys()].toSorted((one, other) => one - other));
  expect((await next.collection.status()).recovery).toMatchObject({ source: 'snapshot', replayed: 3 });
  await next.collection.close();
});

test('what died unheard of is written down: the files then hold what the database does, with or without a new manifest', async () => {
  const { source, files } = await lifeBefore(20);
  // One in a sealed segment, one in the growing log.
  for (const key of [1, 22]) source.delete(asEntryKey(key));
  const next = await openCollection({ source, files });
  const { fingerprint, dimension } = testSpec();
  const owner = { ...(await source.identity()), fingerprint, dimension };
  const checks = await verifySnapshots({
    files,
    owner,
    horizon: await source.horizon(),
    liveIds: new Set([...source.documents.values()].flatMap(({ vectorId }) => vectorId ?? [])),
    nonceOf: (seq) => source.nonceOf(seq),
  });
  expect(checks.filter(({ check }) => check.includes('has the vectors of the database'))).toHaveLength(2);
  expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
  await next.collection.close();
});

test('a damaged manifest: the backup, and then the database makes it whole', async () => {
  const { source, files } = await lifeBefore(20);
  await files.write('manifest', [Uint8Array.of(1, 2, 3)]);
  const next = await openCollection({ source, files });
  expect(await keysFound(next)).toHaveLength(23);
  const { recovery } = await next.collection.status();
  expect(recovery?.source).toBe('backup');
  expect(recovery?.reasons[0]).toContain('manifest');
  await next.collection.close();
});

test('a snapshot of another epoch is not believed', async () => {
  const { source, files } = await lifeBefore(20);
  source.restoreEpoch();
  const next = await openCollection({ source, files });
  expect((await next.collection.status()).recovery?.source).toBe('rebuild');
  expect(await keysFound(next)).toHaveLength(23);
  await next.collection.close();
});

test('without files many vectors become a segment again, which the next start finds', async () => {
  const source = new MemorySource(8);
  for (let i = 0; i < 50; i += 1) source.create({ vector: vector() });
  const files = new MemoryFiles();
  const first = await openCollection({ source, files, spec: { growingMaxVectors: 10 } });
  expect(await first.collection.status()).toMatchObject({
    recovery: { source: 'rebuild' },
    segments: [{ rows: 50 }],
    growing: { rows: 0 },
  });
  await first.collection.close();
  const second = await openCollection({ source, files, spec: { growingMaxVectors: 10 } });
  expect((await second.collection.status()).recovery).toMatchObject({ source: 'snapshot', replayed: 0 });
  expect(await keysFound(second)).toHaveLength(50);
  await second.collection.close();
});

test('auto takes the next backend when one cannot be loaded, and says why', async () => {
  const absent = async (): Promise<VectorBackend> => {
    throw new ChlError('UNAVAILABLE', 'FAISS is not set up here.');
  };
  const backends = [
    { name: 'faiss-node', load: absent },
    { name: 'flat', load: async () => flatBackend },
  ] as const;
  const auto = await openCollection({ backends });
  expect(await auto.collection.status()).toMatchObject({
    backend: 'flat',
    recovery: { reasons: ['faiss-node: FAISS is not set up here.'] },
  });
  await auto.collection.close();
  const named = await openCollection({ backends, spec: { backend: 'faiss-node' } });
  expect(named.collection.state).toBe('unavailable');
  expect((await named.collection.status()).reason).toContain('FAISS is not set up here.');
  await named.collection.close();
});

test('while the database is away it is unavailable; it opens when the database is back', async () => {
  const source = new MemorySource(8);
  const batch = source.create({ vector: vector() });
  source.failure = new ChlError('UNAVAILABLE', 'The database is away.');
  const { collection, clock } = await openCollection({ source });
  expect(collection.state).toBe('unavailable');
  await expect(collection.apply(batch)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(collection.search(searchFor({ vector: vector() }))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  source.failure = null;
  clock.advance(500);
  expect(collection.state).toBe('opening');
  await collection.close();
  expect(collection.state).toBe('closed');
  expect((await openCollection({ source })).collection.state).toBe('ready');
});

test('changes below the retention horizon: the index opens itself anew', async () => {
  const fixture = await openCollection();
  const { collection, source } = fixture;
  await collection.apply(source.create({ vector: vector() }));
  source.create({ vector: vector() });
  source.create({ vector: vector() });
  source.forgetChangesTo(asSeq(3));
  await expect(collection.apply(source.create({ vector: vector() }))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  await reopened(collection);
  expect(await keysFound(fixture)).toEqual([1, 2, 3, 4]);
  await collection.close();
});
