import {
  ROW_HEADER_BYTES,
  ROWS_PER_CALL,
  type Quantise,
  type ScanKernels,
  type ScanMemory,
} from '../ports/scan-kernel.ts';
import { quantiser } from './quantising-kernel.ts';
import {
  advance,
  assembleModule,
  block,
  branch,
  branchIf,
  f32Store,
  F32_FROM_I32,
  F32_LOAD,
  F32_MULTIPLY,
  get,
  I32,
  i32,
  I32_ADD,
  I32_IS_ZERO,
  I32_LESS,
  I32_LOAD,
  I32_SUB,
  i32x4Lane,
  I32X4_ADD,
  I32X4_DOT_I16X8,
  line,
  loop,
  set,
  V128,
  V128_ZERO,
  v128Load,
  v128Load8x8,
  type WasmFunction,
} from './wasm-module.ts';

/**
 * Inner products of one or four queries of 16-bit integers with many rows of bytes: WebAssembly
 * functions, since V8 has no SIMD for typed arrays. Each byte is widened once and multiplied with every
 * query, so four queries together cost two thirds of four alone (20,000 × 384: 0.45 ms a query alone,
 * 0.29 in fours; Xeon with 128-bit SIMD, busy machine).
 */

const QUERIES_AT_ONCE = 4;
const PAGE_BYTES = 65_536;

export const wasmScanKernels: ScanKernels = {
  name: 'wasm',
  instructions: 'simd128',
  queriesAtOnce: QUERIES_AT_ONCE,
  // Four at once cost less than three alone, although one of the four is idle.
  togetherFrom: 3,
  dots: null,
  walksGraphs: false,
  allocate: (codesPerRow, bytes) => {
    const memory = allocatePages(Math.ceil(bytes / PAGE_BYTES));
    return memory === null ? null : overMemory(codesPerRow, memory);
  },
};

function overMemory(codesPerRow: number, memory: WebAssembly.Memory): ScanMemory | null {
  const kernel = instantiate(codesPerRow, memory);
  if (kernel === null) return null;
  const { scanOne, scanFour, pickOne, pickFour, quantiseQuery, quantiseRow } = kernel;
  return {
    buffer: memory.buffer,
    kernel: {
      scan: (queries, rows, count, out) => (queries === 1 ? scanOne : scanFour)(rows, count, out),
      select: null,
      pick: (queries, list, count, out) => (queries === 1 ? pickOne : pickFour)(list, count, out),
      walk: null,
      quantiseRows: null,
      quantiseQuery,
      quantiseRow,
    },
  };
}

/** The functions of the module. */
interface Exports {
  /** Scores of `count` rows from byte `rows` on, against query 0, as float32 from byte `out` on. */
  scanOne(this: void, rows: number, count: number, out: number): void;
  /** The same against queries 0 to 3; those of query n from `out` + 4 · n · ROWS_PER_CALL on. */
  scanFour(this: void, rows: number, count: number, out: number): void;
  /** Like scanOne for the rows whose byte offsets stand in `list`, 32 bits each. */
  pickOne(this: void, list: number, count: number, out: number): void;
  pickFour(this: void, list: number, count: number, out: number): void;
  readonly quantiseQuery: Quantise;
  readonly quantiseRow: Quantise;
}

/** Null where there is no such memory: WebAssembly has 4 GiB, and some runtimes give less. */
function allocatePages(pages: number): WebAssembly.Memory | null {
  try {
    return new WebAssembly.Memory({ initial: pages });
  } catch {
    // The scan over floats gives the same answers, slower.
    return null;
  }
}

const modules = new Map<number, WebAssembly.Module>();

/** Null where WebAssembly with SIMD is not there, or may not be compiled at run time. */
function instantiate(codesPerRow: number, memory: WebAssembly.Memory): Exports | null {
  try {
    let module = modules.get(codesPerRow);
    module ??= new WebAssembly.Module(assembleModule(functionsFor(codesPerRow)));
    modules.set(codesPerRow, module);
    const { exports } = new WebAssembly.Instance(module, { js: { memory } });
    return exports as unknown as Exports;
  } catch {
    // The scan over floats gives the same answers, slower.
    return null;
  }
}

/** Parameters, then locals, by the numbers the code knows them by. */
const [ROWS, COUNT, OUT, QUERY, CODES, CODES_END, WIDENED, SUM0] = [0, 1, 2, 3, 4, 5, 6, 7];
const CODES_PER_LOAD = 8;

const functionsFor = (codesPerRow: number): readonly WasmFunction[] => [
  scan('scanOne', codesPerRow, 1, nextRow(codesPerRow)),
  scan('scanFour', codesPerRow, QUERIES_AT_ONCE, nextRow(codesPerRow)),
  scan('pickOne', codesPerRow, 1, PICKED_ROW),
  scan('pickFour', codesPerRow, QUERIES_AT_ONCE, PICKED_ROW),
  quantiser('quantiseQuery', codesPerRow, 2),
  quantiser('quantiseRow', codesPerRow, 1),
];

/** Where a row's bytes begin, and how to come to the next. */
interface Row {
  readonly address: readonly number[];
  readonly advance: readonly number[];
}

const nextRow = (codesPerRow: number): Row => ({
  address: get(ROWS),
  advance: advance(ROWS, ...i32(ROW_HEADER_BYTES + codesPerRow)),
});

const PICKED_ROW: Row = { address: line(get(ROWS), I32_LOAD), advance: advance(ROWS, ...i32(4)) };

function scan(name: string, codesPerRow: number, queries: number, row: Row): WasmFunction {
  const each = Array.from({ length: queries }, (_, query) => query);
  const loads = queries === 1 ? [0, 1, 2, 3] : [0, 1];
  return {
    name,
    parameterCount: 3,
    locals: [
      [3, I32],
      [1 + 2 * queries, V128],
    ],
    body: block(
      ...loop(
        ...line(get(COUNT), I32_IS_ZERO, branchIf(1)),
        ...each.flatMap((query) => [...zero(sumOf(query, 0)), ...zero(sumOf(query, 1))]),
        ...line([...row.address], i32(ROW_HEADER_BYTES), I32_ADD, set(CODES)),
        ...line(get(CODES), i32(codesPerRow), I32_ADD, set(CODES_END)),
        ...line(i32(0), set(QUERY)),
        ...loop(
          ...loads.flatMap((load) => multiplyAdd(load, each, codesPerRow)),
          ...advance(QUERY, ...i32(2 * CODES_PER_LOAD * loads.length)),
          ...advance(CODES, ...i32(CODES_PER_LOAD * loads.length)),
          ...line(get(CODES), get(CODES_END), I32_LESS, branchIf(0)),
        ),
        ...each.flatMap((query) => storeScore(query, row)),
        ...row.advance,
        ...advance(OUT, ...i32(4)),
        ...line(get(COUNT), i32(1), I32_SUB, set(COUNT), branch(0)),
      ),
    ),
  };
}

/** Two a query, because each addition waits for the last. */
const sumOf = (query: number, half: number): number => SUM0 + 2 * query + half;

const zero = (local: number): number[] => line(V128_ZERO, set(local));

/** sum += query[at ..] · codes[at ..], for eight codes and every query. */
const multiplyAdd = (load: number, queries: readonly number[], codesPerRow: number): number[] => [
  ...line(get(CODES), v128Load8x8(CODES_PER_LOAD * load), set(WIDENED)),
  ...queries.flatMap((query) => {
    const sum = sumOf(query, load % 2);
    const codes = v128Load(2 * (CODES_PER_LOAD * load + query * codesPerRow));
    return line(get(WIDENED), get(QUERY), codes, I32X4_DOT_I16X8, get(sum), I32X4_ADD, set(sum));
  }),
];

/** The sum of all lanes, times the row's float. */
const storeScore = (query: number, row: Row): number[] => [
  ...line(get(sumOf(query, 0)), get(sumOf(query, 1)), I32X4_ADD, set(WIDENED)),
  ...get(OUT),
  ...[0, 1, 2, 3].flatMap((lane) => line(get(WIDENED), i32x4Lane(lane), ...(lane === 0 ? [] : [I32_ADD]))),
  ...line(F32_FROM_I32, [...row.address], F32_LOAD, F32_MULTIPLY, f32Store(4 * query * ROWS_PER_CALL)),
];
