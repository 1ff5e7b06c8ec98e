import { expect, test } from 'vitest';
import { asEntryKey, asSeq } from '../../../src/core/ids.ts';
import { openCollection, searchFor } from '../../support/collection-fixture.ts';
import { randomUnitVector, seededRandom } from '../../support/random-vectors.ts';

const random = seededRandom(1);
const vector = (): Float32Array => randomUnitVector(random, 8);

test('a write is found by the very next search', async () => {
  const { collection, source } = await openCollection();
  const wanted = vector();
  for (let i = 0; i < 20; i += 1)
    await collection.apply(source.create({ vector: i === 7 ? wanted : vector() }));
  const hits = await collection.search(searchFor({ vector: wanted, limit: 1 }));
  expect([...hits.keys]).toEqual([8]);
  expect(hits.scores[0]).toBeCloseTo(1);
  expect(hits.total).toBe(20);
  await collection.close();
});

test('what was saved is there after a restart', async () => {
  const first = await openCollection();
  const wanted = vector();
  await first.collection.apply(first.source.create({ vector: wanted }));
  await first.collection.close();
  const { collection } = await openCollection({ files: first.files, source: first.source });
  const hits = await collection.search(searchFor({ vector: wanted, limit: 1 }));
  expect([...hits.keys]).toEqual([1]);
  const status = await collection.status();
  expect(status.recovery).toMatchObject({ source: 'snapshot', replayed: 0, reasons: [] });
  await collection.close();
});

test('a gap is filled from the database, and batches that come late or twice change nothing', async () => {
  const { collection, source } = await openCollection();
  const first = source.create({ vector: vector() });
  const second = source.update(asEntryKey(1), { vector: vector() });
  const third = source.create({ vector: vector() });
  await collection.apply(third);
  for (const late of [third, first, second]) await collection.apply(late);
  expect(await collection.status()).toMatchObject({ lastSeq: 3, vectors: 2, tombstones: 0 });
  const hits = await collection.search(searchFor({ vector: vector() }));
  expect([...hits.seqs].toSorted((one, other) => one - other)).toEqual([2, 3]);
  await collection.close();
});

test('a search that must see a change waits for it: read your writes', async () => {
  const { collection, source } = await openCollection();
  const { last } = source.create({ vector: vector() });
  const hits = await collection.search(searchFor({ vector: vector(), minSeq: last.seq }));
  expect([...hits.keys]).toEqual([1]);
  expect(hits.seq).toBe(1);
  await collection.close();
});

test('a change of attributes alone leaves the vector where it is', async () => {
  const { collection, source } = await openCollection();
  const created = source.create({ vector: vector() });
  await collection.apply(created);
  const [change] = created.changes;
  const moved = { ...change!.document!, seq: asSeq(2), category: 'NEW' };
  await collection.apply({
    afterSeq: asSeq(1),
    last: { seq: asSeq(2), nonce: 'nonce-2' },
    changes: [{ ...change!, seq: asSeq(2), document: moved }],
  });
  const hits = await collection.search(searchFor({ vector: vector(), filter: { category: 'NEW' } }));
  expect([...hits.seqs]).toEqual([2]);
  expect(await collection.status()).toMatchObject({ vectors: 1, tombstones: 0 });
  await collection.close();
});

test.each([
  ['a limit of 0', { limit: 0 }],
  ['too few dimensions', { vector: Float32Array.of(1, 0) }],
  ['NaN', { vector: new Float32Array(8).fill(Number.NaN) }],
  ['no vector', { vector: null }],
  ['hybrid without a text', { mode: 'hybrid' as const }],
])('refuses %s before any library sees it', async (_, wrong) => {
  const { collection } = await openCollection();
  const search = collection.search(searchFor({ vector: vector(), ...wrong }));
  await expect(search).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await collection.close();
});

test('an unusable stored vector costs its entry the vector search, not the index', async () => {
  const { collection, source, logger } = await openCollection();
  await collection.apply(source.create({ vector: Float32Array.of(1), text: { heading: 'mutex', body: '' } }));
  await collection.apply(source.create({ vector: vector() }));
  const found = await collection.search(searchFor({ mode: 'text', text: 'mutex' }));
  expect([...found.keys]).toEqual([1]);
  expect(logger.messages('error')).toEqual(['a stored vector is unusable']);
  expect(await collection.status()).toMatchObject({ documents: 2, vectors: 1 });
  await collection.close();
});
