import { expect, test } from 'vitest';
import { packHits, unpackHits, type Found } from '../../../adapters/host/process/packed-hits.ts';
import { asSeq } from '../../../src/core/ids.ts';

const found = (id: number, count: number): Found => ({
  id,
  hits: {
    keys: Float64Array.from({ length: count }, (_, at) => 2 ** 40 + at),
    seqs: Float64Array.from({ length: count }, (_, at) => 2 ** 50 + at),
    scores: Float32Array.from({ length: count }, (_, at) => 1 / (at + 3)),
    vectorScores: Float32Array.from({ length: count }, (_, at) => (at % 2 === 0 ? Number.NaN : -1 / at)),
    textScores: new Float32Array(count).fill(Number.NaN),
    total: count * 7,
    seq: asSeq(2 ** 51 + id),
    backend: id % 2 === 0 ? 'flat' : 'faiss-node',
  },
});

test('what is unpacked is what was packed, to the last bit', () => {
  const answers = [found(1, 10), found(2, 0), found(3, 100)];
  expect(unpackHits(packHits(answers))).toEqual(answers);
  expect(unpackHits(packHits([]))).toEqual([]);
});
