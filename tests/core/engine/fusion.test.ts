import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import {
  fuse,
  rankByText,
  rankByVector,
  type FusionInput,
  type VectorHits,
} from '../../../src/core/engine/fusion.ts';
import type { TextHits } from '../../../src/core/ports/text-index.ts';

const vectorHits = (...hits: readonly (readonly [doc: number, cosine: number])[]): VectorHits => ({
  docs: Uint32Array.from(hits, ([doc]) => doc),
  cosines: Float32Array.from(hits, ([, cosine]) => cosine),
});

const textHits = (
  scoreMax: number,
  ...hits: readonly (readonly [doc: number, score: number])[]
): TextHits => ({
  docs: Uint32Array.from(hits, ([doc]) => doc),
  scores: Float32Array.from(hits, ([, score]) => score),
  scoreMax,
});

const base: Omit<FusionInput, 'vector' | 'text'> = {
  weights: { vector: 1, text: 3 },
  cosinesOf: (docs) => new Float32Array(docs.length).fill(Number.NaN),
  compareTies: (a, b) => a - b,
};

test('the score is the weighted mean of cosine and normalised text score', () => {
  const ranked = fuse({
    ...base,
    vector: vectorHits([1, 0.8], [2, 0.4]),
    text: textHits(10, [2, 8], [1, 2]),
  });
  expect([...ranked.docs]).toEqual([2, 1]);
  expect(ranked.scores[0]).toBeCloseTo((0.4 + 3 * 0.8) / 4, 6);
  expect(ranked.scores[1]).toBeCloseTo((0.8 + 3 * 0.2) / 4, 6);
  expect(ranked.textScores[0]).toBeCloseTo(0.8, 6);
});

test('a document that only the text found gets its exact cosine', () => {
  const ranked = fuse({
    ...base,
    vector: vectorHits([1, 0.9]),
    text: textHits(10, [2, 10]),
    cosinesOf: () => Float32Array.of(0.5),
  });
  expect([...ranked.docs]).toEqual([2, 1]);
  expect(ranked.vectorScores[0]).toBe(0.5);
  expect(ranked.scores[0]).toBeCloseTo((0.5 + 3) / 4, 6);
});

test('cosines that cannot bring a document among the wanted are not asked for, and the wanted are the same', () => {
  const scores = fc.uniqueArray(fc.tuple(fc.nat(60), fc.integer({ min: 0, max: 100 })), {
    selector: ([doc]) => doc,
    maxLength: 40,
  });
  const byScore = (hits: [number, number][]) => hits.toSorted((a, b) => b[1] - a[1] || a[0] - b[0]);
  fc.assert(
    fc.property(scores, scores, fc.integer({ min: 1, max: 50 }), (near, words, wanted) => {
      const list = byScore(near).map(([doc, score]): [number, number] => [doc, score / 100]);
      const vector = vectorHits(...list);
      // What the list does not have lies no nearer than its last.
      const cosineMax = list.at(-1)?.[1] ?? 1;
      const asked: number[] = [];
      const cosinesOf = (docs: Uint32Array): Float32Array => {
        asked.push(...docs);
        return Float32Array.from(docs, (doc) => (cosineMax * (doc % 7)) / 6);
      };
      const input = { ...base, vector, text: textHits(100, ...byScore(words)), cosinesOf };
      const all = fuse(input);
      const whole = asked.splice(0).length;
      const some = fuse({ ...input, cosineMax: Math.fround(cosineMax), wanted });
      expect(asked.length).toBeLessThanOrEqual(whole);
      for (const column of ['docs', 'scores', 'vectorScores', 'textScores'] as const) {
        expect(some[column].slice(0, wanted)).toEqual(all[column].slice(0, wanted));
      }
      expect(some.docs.length).toBe(all.docs.length);
    }),
  );
  const cosinesOf = vi.fn<FusionInput['cosinesOf']>();
  fuse({
    ...base,
    vector: vectorHits([1, 0.9], [2, 0.1]),
    text: textHits(10, [1, 9], [3, 1]),
    cosinesOf,
    cosineMax: 0.1,
    wanted: 1,
  });
  expect(cosinesOf).not.toHaveBeenCalled();
});

test('what a list does not have is NaN and counts as nothing', () => {
  const ranked = fuse({ ...base, vector: vectorHits([1, 0.9]), text: textHits(10, [2, 1]) });
  expect([...ranked.docs]).toEqual([1, 2]);
  expect(ranked.textScores[0]).toBeNaN();
  expect(ranked.vectorScores[1]).toBeNaN();
});

test('equal scores stand in the order of the tie rule, whatever the order of the lists', () => {
  const descending: FusionInput['compareTies'] = (a, b) => b - a;
  const vector = vectorHits([3, 0.5], [9, 0.5], [4, 0.5]);
  expect([...fuse({ ...base, vector, text: textHits(0), compareTies: descending }).docs]).toEqual([9, 4, 3]);
});

test('equal text scores stand in the order of the tie rule', () => {
  const text = textHits(8, [1, 6], [2, 4], [5, 4], [7, 4], [4, 2]);
  expect([...rankByText(text, (a, b) => b - a).docs]).toEqual([1, 7, 5, 2, 4]);
  expect([...rankByText(text, base.compareTies).docs]).toEqual([1, 2, 5, 7, 4]);
});

test('a search knows nothing of the one before it', () => {
  const text = textHits(10, [90_000, 5], [2, 4]);
  fuse({ ...base, vector: vectorHits([90_000, 0.9], [2, 0.8]), text });
  const ranked = fuse({
    ...base,
    vector: vectorHits([3, 0.9]),
    text,
    cosinesOf: () => Float32Array.of(0.5, 0.5),
  });
  expect([...ranked.docs]).toEqual([90_000, 2, 3]);
  expect([...ranked.vectorScores.subarray(0, 2)]).toEqual([0.5, 0.5]);
});

test('single modes: the clamped cosine, and the share of the best possible text score', () => {
  const byVector = rankByVector(vectorHits([1, 1.0000001], [2, -0.3]));
  expect([...byVector.scores]).toEqual([1, 0]);
  expect(byVector.vectorScores[1]).toBeCloseTo(-0.3, 6);
  const byText = rankByText(textHits(8, [1, 4], [2, 2]), base.compareTies);
  expect([...byText.scores]).toEqual([0.5, 0.25]);
});

test('scores are 0 to 1 and descend; every candidate is there once', () => {
  const hits = fc.uniqueArray(fc.tuple(fc.nat(50), fc.float({ min: -1, max: 1, noNaN: true })), {
    selector: ([doc]) => doc,
  });
  fc.assert(
    fc.property(hits, hits, fc.float({ min: 0, max: 3, noNaN: true }), (a, b, scoreMax) => {
      const text = textHits(scoreMax, ...b.map(([doc, score]) => [doc, Math.abs(score)] as const));
      const ranked = fuse({ ...base, vector: vectorHits(...a), text });
      expect([...ranked.docs].toSorted((x, y) => x - y)).toEqual(
        [...new Set([...a, ...b].map(([doc]) => doc))].toSorted((x, y) => x - y),
      );
      ranked.scores.forEach((score, rank) => {
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        if (rank > 0) expect(score).toBeLessThanOrEqual(ranked.scores[rank - 1]!);
      });
    }),
  );
});
