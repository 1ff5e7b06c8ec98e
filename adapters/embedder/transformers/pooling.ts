import type { Pooling } from '../models/model-table.ts';

/** What a model answers for a batch, padded on the right: texts × longest × dimension, row-major. */
export interface HiddenStates {
  readonly data: Float32Array;
  readonly longest: number;
  readonly dimension: number;
}

/**
 * One vector of unit length for a text of a batch; padding never counts.
 *
 * @param row the text's place in the batch
 * @param length its tokens, at least one
 * @param into dimension floats, zero
 */
export function poolRow(
  states: HiddenStates,
  row: number,
  length: number,
  pooling: Pooling,
  into: Float32Array,
): void {
  const { data, longest, dimension } = states;
  const start = row * longest * dimension;
  const [first, last] = pooledTokens(pooling, length);
  for (let token = first; token <= last; token += 1) {
    const offset = start + token * dimension;
    for (let place = 0; place < dimension; place += 1) into[place]! += data[offset + place]!;
  }
  scaleToUnit(into);
}

/** The first and the last token whose states are added up: the scale of the sum does not matter. */
function pooledTokens(pooling: Pooling, length: number): readonly [number, number] {
  switch (pooling) {
    case 'mean':
      return [0, length - 1];
    case 'cls':
      return [0, 0];
    case 'last_token':
      return [length - 1, length - 1];
  }
}

/** A zero vector stays what it is: it points nowhere. */
function scaleToUnit(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) return;
  const scale = 1 / Math.sqrt(squares);
  for (let place = 0; place < vector.length; place += 1) vector[place]! *= scale;
}
