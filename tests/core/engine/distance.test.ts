import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { dot } from '../../../src/core/engine/distance.ts';

const float = fc.float({ min: -1, max: 1, noNaN: true });
const pair = fc.integer({ min: 0, max: 40 }).chain((dimension) =>
  fc.tuple(
    fc.float32Array({ minLength: dimension, maxLength: dimension, noNaN: true, min: -1, max: 1 }),
    fc
      .array(float, { minLength: dimension, maxLength: dimension })
      .map((values) => Float32Array.from(values)),
  ),
);

test('is the inner product, for every dimension', () => {
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const exact = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
      expect(Math.abs(dot(a, 0, b, 0, a.length) - exact)).toBeLessThan(1e-5);
    }),
  );
});

test('gives the same bits wherever the vectors lie and whichever comes first', () => {
  fc.assert(
    fc.property(pair, fc.nat(7), ([a, b], shift) => {
      const block = new Float32Array(shift + b.length);
      block.set(b, shift);
      const score = dot(a, 0, b, 0, a.length);
      expect(dot(a, 0, block, shift, a.length)).toBe(score);
      expect(dot(block, shift, a, 0, a.length)).toBe(score);
    }),
  );
});

test('is rounded to float32, as it will be reported', () => {
  const a = Float32Array.from([0.1, 0.2, 0.3]);
  const score = dot(a, 0, a, 0, 3);
  expect(score).toBe(Math.fround(score));
});
