import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TopK } from '../../../src/core/engine/top-k.ts';

test('keeps the best by score, then by id, in whatever order they come', () => {
  // Few distinct scores, so that ties are common.
  const candidate = fc.record({ id: fc.nat(200), score: fc.integer({ min: -3, max: 3 }).map((n) => n / 4) });
  const candidates = fc.uniqueArray(candidate, { selector: ({ id }) => id, maxLength: 60 });
  fc.assert(
    fc.property(candidates, fc.integer({ min: 1, max: 40 }), (offered, k) => {
      const best = new TopK(k);
      for (const { score, id } of offered) best.offer(score, id);
      const expected = offered.toSorted((a, b) => b.score - a.score || a.id - b.id).slice(0, k);
      const ranked = best.takeRanked();
      expect([...ranked.ids]).toEqual(expected.map(({ id }) => id));
      expect([...ranked.scores]).toEqual(expected.map(({ score }) => score));
    }),
  );
});

test('is empty and usable again after its answer was taken', () => {
  const best = new TopK(2);
  best.offer(0.9, 1);
  best.offer(0.8, 2);
  expect(best.threshold).toBe(Math.fround(0.8));
  best.takeRanked();
  expect(best.size).toBe(0);
  expect(best.threshold).toBe(-Infinity);
  best.offer(0.1, 3);
  expect([...best.takeRanked().ids]).toEqual([3]);
});

test('holds ids beyond 32 bits', () => {
  const best = new TopK(1);
  best.offer(0.5, 2 ** 40 + 1);
  expect([...best.takeRanked().ids]).toEqual([2 ** 40 + 1]);
});

test('refuses a capacity that is not a positive integer', () => {
  for (const capacity of [0, -1, 1.5, NaN, Infinity]) expect(() => new TopK(capacity)).toThrow(RangeError);
});
