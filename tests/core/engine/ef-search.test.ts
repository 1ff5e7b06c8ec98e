import { expect, test } from 'vitest';
import { efSearchFor } from '../../../src/core/engine/ef-search.ts';

test('the configured breadth is that of 100,000 rows; fewer are searched less broadly, more of them more', () => {
  expect(efSearchFor(100_000, 96)).toBe(96);
  expect([1, 20_000, 1_000_000].map((rows) => efSearchFor(rows, 96))).toEqual([15, 74, 141]);
});
