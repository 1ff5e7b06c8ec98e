import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { dot } from '../../../src/core/engine/distance.ts';
import { scanNearest } from '../../../src/core/engine/exact-scan.ts';
import { QuantisedRows } from '../../../src/core/engine/quantised-rows.ts';
import { clusteredVectors, seededRandom } from '../../support/random-vectors.ts';

/** Beyond one call of the kernel, and not a whole number of them. */
const ROWS = 2_500;

const vectorsOf = (seed: number, rows: number, dimension: number): Float32Array =>
  clusteredVectors(seededRandom(seed), { rows, dimension, clusters: 8, spread: 0.4 });

/** What an all-but-empty, a flat and a spiky vector have in common is a bad fit for 255 steps. */
function awkwardVectors(dimension: number): Float32Array {
  const [oneHot, even, tiny] = [0, 1, 2].map(() => new Float32Array(dimension));
  oneHot![dimension - 1] = -1;
  even!.fill(1 / Math.sqrt(dimension));
  tiny!.fill(1e-4).set([Math.sqrt(1 - (dimension - 1) * 1e-8)]);
  return joined(oneHot!, even!, tiny!, new Float32Array(dimension));
}

function joined(...parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

test('this runtime runs the kernel', () => {
  expect(QuantisedRows.create(384, 10)).not.toBeNull();
});

for (const dimension of [2, 20, 384, 1_000, 4_096]) {
  test(`a score of ${dimension} bytes is never farther from the product than its slack`, () => {
    const vectors = joined(vectorsOf(dimension, 40, dimension), awkwardVectors(dimension));
    const rowCount = vectors.length / dimension;
    const quantised = QuantisedRows.of(vectors, dimension)!;
    for (let first = 0; first < rowCount; first += 4) {
      const queries = quantised.prepare(vectors, first, 4);
      const four = quantised.scan(4, 0, rowCount).slice();
      const one = quantised.scan(1, 0, rowCount).slice(0, rowCount);
      expect(one).toEqual(four.slice(0, rowCount));
      const chosen = Uint32Array.of(rowCount - 1, 0);
      expect(quantised.pick(1, chosen).slice(0, 2)).toEqual(Float32Array.of(one.at(-1)!, one[0]!));
      const picked = quantised.pick(4, chosen);
      for (let at = 0; at < 4; at += 1) {
        const ofQuery = four.subarray(at * 1_024, at * 1_024 + rowCount);
        expect(picked.slice(at * 1_024, at * 1_024 + 2)).toEqual(
          Float32Array.of(ofQuery.at(-1)!, ofQuery[0]!),
        );
      }
      queries.forEach((query, at) => {
        for (let row = 0; row < rowCount; row += 1) {
          const exact = dot(vectors, (first + at) * dimension, vectors, row * dimension, dimension);
          const slack = quantised.slackOf(row, query);
          expect(Math.abs(four[at * 1_024 + row]! * query.unit - exact)).toBeLessThanOrEqual(slack);
          expect(slack).toBeLessThanOrEqual(quantised.slackMax(query));
        }
      });
    }
  });
}

const DIMENSION = 48;
// Half of the rows stand twice: equal scores come in the order of their rows.
const half = vectorsOf(7, ROWS / 2, DIMENSION);
const vectors = joined(half, half);
const quantised = QuantisedRows.of(vectors, DIMENSION)!;

test('a scan over bytes finds what a scan over floats finds, in the same order, whatever is asked', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 200, max: ROWS }),
      (seed, count, k, rowCount) => {
        const queries = vectorsOf(seed, count, DIMENSION);
        const rows = { vectors, dimension: DIMENSION, rowCount };
        const asked = { queries, count, k };
        expect(scanNearest({ ...rows, quantised }, asked)).toEqual(
          scanNearest({ ...rows, quantised: null }, asked),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('below a floor nothing has to be found, above it everything', () => {
  const queries = vectorsOf(3, 5, DIMENSION);
  const rows = { vectors, dimension: DIMENSION, rowCount: ROWS, quantised };
  const all = scanNearest(rows, { queries, count: 5, k: 50 });
  const floors = Float32Array.from({ length: 5 }, (_, query) => all.scores[query * 50 + 19]!);
  const some = scanNearest(rows, { queries, count: 5, k: 50, floors });
  for (let query = 0; query < 5; query += 1) {
    const [from, to] = [query * 50, query * 50 + 20];
    expect(some.rows.slice(from, to)).toEqual(all.rows.slice(from, to));
    expect(some.rows[(query + 1) * 50 - 1]).toBe(-1);
  }
});
