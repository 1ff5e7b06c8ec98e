import { expect, test } from 'vitest';
import { dot } from '../../../src/core/engine/distance.ts';
import { fitsKernel, instantiateKernel } from '../../../src/core/engine/dot-kernel.ts';
import { RowScorer } from '../../../src/core/engine/row-scorer.ts';
import { clusteredVectors, seededRandom } from '../../support/random-vectors.ts';

const ROWS = 300;

test('the assembled kernel is a module that this runtime accepts', () => {
  expect(instantiateKernel(new WebAssembly.Memory({ initial: 1 }))).toBeTypeOf('function');
});

for (const dimension of [16, 20, 384, 4096]) {
  const how = fitsKernel(dimension) ? 'the kernel' : 'the plain scan';
  test(`${how} scores rows of ${dimension} dimensions as dot does, to within 1e-5`, () => {
    const vectors = clusteredVectors(seededRandom(dimension), {
      rows: ROWS,
      dimension,
      clusters: 5,
      spread: 0.5,
    });
    // Runs and single rows, over several blocks, in no order.
    const rows = Uint32Array.from([7, 8, 9, 299, 0, ...Array.from({ length: 200 }, (_, at) => at + 20), 3]);
    const scores = new Float32Array(rows.length);
    RowScorer.for(dimension).score(vectors, 5 * dimension, vectors, rows, scores);
    rows.forEach((row, at) => {
      const exact = dot(vectors, 5 * dimension, vectors, row * dimension, dimension);
      expect(Math.abs(scores[at]! - exact)).toBeLessThan(1e-5);
    });
    const inOrder = new Float32Array(200);
    RowScorer.for(dimension).scoreRange(vectors, 5 * dimension, vectors, 20, 220, inOrder);
    expect(inOrder).toEqual(scores.slice(5, 205));
  });
}
