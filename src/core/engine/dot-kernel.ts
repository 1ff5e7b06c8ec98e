import {
  advance,
  assembleModule,
  block,
  branch,
  branchIf,
  F32_ADD,
  f32Store,
  f32x4Lane,
  F32X4_ADD,
  F32X4_MULTIPLY,
  get,
  I32,
  i32,
  I32_ADD,
  I32_IS_ZERO,
  I32_LESS,
  I32_SUB,
  line,
  loop,
  set,
  V128,
  V128_ZERO,
  v128Load,
} from './wasm-module.ts';

/**
 * Dot products of one vector with many rows, four floats at a time: a WebAssembly function of 40
 * instructions. V8 has no SIMD for typed arrays; this takes a third to a seventh of the time of `dot`,
 * copying included.
 *
 * It sums in float32 and in another order than `dot`, so its scores only choose candidates: whoever
 * uses it scores those again with `dot` (see SCORE_TOLERANCE).
 */

/** Floats that one turn of the inner loop takes: four sums, because each addition waits for the last. */
const FLOATS_PER_TURN = 16;

/** `scores(query, rows, count, rowBytes, out)`: byte offsets into the memory; rowBytes in whole turns. */
export type ScoreRows = (query: number, rows: number, count: number, rowBytes: number, out: number) => void;

export const fitsKernel = (dimension: number): boolean => dimension % FLOATS_PER_TURN === 0;

/** @returns null where WebAssembly with SIMD is not there, or may not be compiled at run time */
export function instantiateKernel(memory: WebAssembly.Memory): ScoreRows | null {
  try {
    const module = new WebAssembly.Module(assembleModule([SCORES]));
    return new WebAssembly.Instance(module, { js: { memory } }).exports['scores'] as ScoreRows;
  } catch {
    // The plain scan does the same, slower.
    return null;
  }
}

/** Parameters, then locals, by the numbers the code knows them by. */
const [QUERY, ROWS, COUNT, ROW_BYTES, OUT, AT, SUM0] = [0, 1, 2, 3, 4, 5, 6];
const SUMS = [0, 1, 2, 3];

/** sum[n] += query[at + 4n ..] · row[at + 4n ..] */
const multiplyAdd = (n: number): number[] => [
  ...get(SUM0 + n),
  ...line(get(QUERY), get(AT), I32_ADD, v128Load(16 * n)),
  ...line(get(ROWS), get(AT), I32_ADD, v128Load(16 * n)),
  ...F32X4_MULTIPLY,
  ...F32X4_ADD,
  ...set(SUM0 + n),
];

const SCORE_ONE_ROW = [
  ...SUMS.flatMap((n) => line(V128_ZERO, set(SUM0 + n))),
  ...line(i32(0), set(AT)),
  ...loop(
    ...SUMS.flatMap(multiplyAdd),
    ...advance(AT, ...i32(4 * FLOATS_PER_TURN)),
    ...line(get(AT), get(ROW_BYTES), I32_LESS, branchIf(0)),
  ),
  ...line(get(SUM0), get(SUM0 + 1), F32X4_ADD),
  ...line(get(SUM0 + 2), get(SUM0 + 3), F32X4_ADD, F32X4_ADD, set(SUM0)),
  ...get(OUT),
  ...SUMS.flatMap((n) => line(get(SUM0), f32x4Lane(n), ...(n === 0 ? [] : [F32_ADD]))),
  ...f32Store(0),
];

const SCORES = {
  name: 'scores',
  parameterCount: 5,
  locals: [
    [1, I32],
    [4, V128],
  ],
  body: block(
    ...loop(
      ...line(get(COUNT), I32_IS_ZERO, branchIf(1)),
      ...SCORE_ONE_ROW,
      ...advance(ROWS, ...get(ROW_BYTES)),
      ...advance(OUT, ...i32(4)),
      ...line(get(COUNT), i32(1), I32_SUB, set(COUNT), branch(0)),
    ),
  ),
} as const;
