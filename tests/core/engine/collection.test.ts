import { expect, test } from 'vitest';
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
