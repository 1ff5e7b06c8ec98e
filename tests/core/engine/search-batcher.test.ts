import { expect, test } from 'vitest';
import { SearchBatcher } from '../../../src/core/engine/search-batcher.ts';
import type { IndexHits, IndexSearch } from '../../../src/core/ports/index-host.ts';
import { searchFor } from '../../support/collection-fixture.ts';

const hitsFor = (query: IndexSearch): IndexHits => ({ total: query.limit }) as IndexHits;

test('what is asked in one turn is one batch; what is asked later is another', async () => {
  const sizes: number[] = [];
  const batcher = new SearchBatcher((queries) => {
    sizes.push(queries.length);
    return queries.map(hitsFor);
  });
  const answers = await Promise.all([1, 2, 3].map((limit) => batcher.search(searchFor({ limit }))));
  expect(answers.map(({ total }) => total)).toEqual([1, 2, 3]);
  await batcher.search(searchFor({ limit: 4 }));
  expect(sizes).toEqual([3, 1]);
});

test('a query that cannot be answered does not fail its neighbours', async () => {
  const batcher = new SearchBatcher((queries) => {
    if (queries.some(({ limit }) => limit === 2)) throw new Error('bad query');
    return queries.map(hitsFor);
  });
  const answers = await Promise.allSettled([1, 2, 3].map((limit) => batcher.search(searchFor({ limit }))));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
