import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dot } from '../../../src/core/engine/distance.ts';
import { scanNearest } from '../../../src/core/engine/exact-scan.ts';
import { wasmScanKernels } from '../../../src/core/engine/quantised-kernel.ts';
import { QuantisedRows } from '../../../src/core/engine/quantised-rows.ts';
import {
  FOUND_STRIDE,
  ROW_HEADER_BYTES,
  ROWS_PER_CALL,
  type ScanKernels,
  type ScanMemory,
} from '../../../src/core/ports/scan-kernel.ts';
import { loadedAddon, supportedLevels } from '../../support/native-addon.ts';
import { clusteredVectors, seededRandom } from '../../support/random-vectors.ts';

const addon = loadedAddon();

if (addon === null) test.skip('the native scan kernel is not built on this machine', () => undefined);

const levels = supportedLevels(addon);

type Call = 'scan' | 'pick' | 'select' | 'dots' | 'quantise' | 'adviseHugePages';

const ROWS = 37;
const QUERIES = 8;

/** Queries from byte 0, then a list, scores, rows. */
function placesFor(codesPerRow: number) {
  const list = 2 * QUERIES * codesPerRow;
  const scores = list + 4 * ROWS;
  const rows = scores + 4 * QUERIES * ROWS_PER_CALL;
  const rowBytes = ROW_HEADER_BYTES + codesPerRow;
  return { list, scores, rows, rowBytes, bytes: rows + ROWS * rowBytes };
}

/** @param codeOf any byte; @param queryCodeOf within what the engine lets a query have */
function filledMemory(
  kernels: ScanKernels,
  codesPerRow: number,
  codeOf: (at: number) => number,
  queryCodeOf: (at: number) => number,
): ScanMemory {
  const { rows, rowBytes, bytes } = placesFor(codesPerRow);
  const memory = kernels.allocate(codesPerRow, bytes)!;
  new Int16Array(memory.buffer, 0, QUERIES * codesPerRow).forEach((_, at, codes) => {
    codes[at] = queryCodeOf(at);
  });
  const all = new Int8Array(memory.buffer);
  for (let row = 0; row < ROWS; row += 1) {
    const place = rows + row * rowBytes;
    new Float32Array(memory.buffer, place, 1)[0] = 0.001 * (row + 1);
    for (let code = 0; code < codesPerRow; code += 1)
      all[place + ROW_HEADER_BYTES + code] = codeOf(row * codesPerRow + code);
  }
  return memory;
}

/** Scores of `count` rows by query, as bits, so that -0 and 0 differ. */
function scanned(memory: ScanMemory, codesPerRow: number, queries: number, count: number): Uint32Array[] {
  const { rows, scores } = placesFor(codesPerRow);
  memory.kernel.scan(queries, rows, count, scores);
  return Array.from({ length: queries }, (_, query) =>
    new Uint32Array(memory.buffer, scores + 4 * query * ROWS_PER_CALL, count).slice(),
  );
}

/** WebAssembly's, a query at a time: it takes query 0 alone. */
function scannedByWasm(memory: ScanMemory, codesPerRow: number, query: number, count: number): Uint32Array {
  const codes = new Int16Array(memory.buffer);
  const first = codes.slice(0, codesPerRow);
  codes.copyWithin(0, query * codesPerRow, (query + 1) * codesPerRow);
  const [scores] = scanned(memory, codesPerRow, 1, count);
  codes.set(first);
  return scores!;
}

/** What a query's codes are bounded by, so that a sum fits 32 bits (see QuantisedRows). */
const queryCodeMax = (dimension: number): number =>
  Math.min(32_767, Math.floor(0x7fff_ffff / (127 * dimension)));

for (const { name, kernels } of levels) {
  describe(`native kernel, ${name}`, () => {
    for (const codesPerRow of [32, 64, 96, 384, 1_024, 4_096]) {
      const max = queryCodeMax(codesPerRow);
      const random = seededRandom(codesPerRow);
      const fillings = {
        'any codes': [() => Math.floor(random() * 256) - 128, () => Math.floor(random() * 2 * max) - max],
        'the largest that there are': [() => 127, () => max],
        'the largest, of both signs': [
          (at: number) => (at % 2 ? 127 : -127),
          (at: number) => (at % 2 ? -max : max),
        ],
      } as const;
      test.each(Object.entries(fillings))(
        `scores ${codesPerRow} codes a row as WebAssembly does, to the bit: %s`,
        (_, [codeOf, queryCodeOf]) => {
          const wasm = filledMemory(wasmScanKernels, codesPerRow, codeOf, queryCodeOf);
          const native = kernels.allocate(codesPerRow, placesFor(codesPerRow).bytes)!;
          new Uint8Array(native.buffer).set(new Uint8Array(wasm.buffer));
          for (const count of [0, 1, 2, 3, 5, ROWS]) {
            const expected = Array.from({ length: QUERIES }, (__, query) =>
              scannedByWasm(wasm, codesPerRow, query, count),
            );
            for (let queries = 1; queries <= QUERIES; queries += 1)
              expect(scanned(native, codesPerRow, queries, count)).toEqual(expected.slice(0, queries));
          }
        },
      );

      test(`picks among rows of ${codesPerRow} codes as WebAssembly does`, () => {
        const { list, rows, rowBytes, scores } = placesFor(codesPerRow);
        const picked = [wasmScanKernels, kernels].map((one) => {
          const memory = filledMemory(
            one,
            codesPerRow,
            (at) => ((at * 37) % 255) - 127,
            (at) => (at % 199) - 99,
          );
          const chosen = [36, 0, 7, 7, 13];
          new Uint32Array(memory.buffer, list, chosen.length).set(chosen.map((row) => rows + row * rowBytes));
          return [1, 4].map((queries) => {
            memory.kernel.pick(queries, list, chosen.length, scores);
            return Array.from({ length: queries }, (_, query) =>
              new Uint32Array(memory.buffer, scores + 4 * ROWS_PER_CALL * query, chosen.length).slice(),
            );
          });
        });
        expect(picked[1]).toEqual(picked[0]);
      });
    }

    test('rounds rows to the bytes, units and losses that WebAssembly does, whatever the dimension', () => {
      for (const dimension of [1, 2, 3, 5, 31, 32, 50, 384, 1_001]) {
        const random = seededRandom(dimension);
        const vectors = Float32Array.from(
          { length: 40 * dimension },
          () => (random() - 0.5) * 10 ** (random() * 6),
        );
        // Halves of a unit go to the even neighbour; a row of nothing has no unit.
        vectors.fill(0, dimension, 2 * dimension);
        for (let i = 0; i < dimension; i += 1) vectors[2 * dimension + i] = i === 0 ? 127 : (i % 7) - 3.5;
        const codesPerRow = Math.ceil(dimension / 32) * 32;
        const rowBytes = ROW_HEADER_BYTES + codesPerRow;
        const [staged, report, rows] = [2 * 32 * codesPerRow, 4 * 32 * codesPerRow, 5 * 32 * codesPerRow];
        const wasm = wasmScanKernels.allocate(codesPerRow, rows + 40 * rowBytes)!;
        const native = kernels.allocate(codesPerRow, rows + 40 * rowBytes)!;
        const floats = new Float32Array(wasm.buffer);
        const expected = Float32Array.from({ length: 39 }, (_, row) => {
          floats.set(vectors.subarray((row + 1) * dimension, (row + 2) * dimension), staged / 4);
          wasm.kernel.quantiseRow(staged, rows + row * rowBytes + ROW_HEADER_BYTES, 127, report);
          floats[(rows + row * rowBytes) / 4] = floats[report / 4]!;
          return floats[report / 4 + 1]!;
        });
        const lost = new Float32Array(39);
        native.kernel.quantiseRows!(vectors, dimension, dimension, rows, lost);
        expect(lost).toEqual(expected);
        const written = (memory: ScanMemory) => new Uint8Array(memory.buffer, rows, 39 * rowBytes);
        expect(written(native)).toEqual(written(wasm));
      }
    });

    test('selects by query the scores that are not below a number, as JavaScript compares', () => {
      const random = seededRandom(5);
      const [scores, found] = [0, 4 * QUERIES * ROWS_PER_CALL];
      const { buffer, kernel } = kernels.allocate(32, found + 4 * QUERIES * FOUND_STRIDE)!;
      const all = new Float32Array(buffer);
      for (let at = 0; at < QUERIES * ROWS_PER_CALL; at += 1) all[at] = Math.round(random() * 20 - 10);
      const least = [-Infinity, Infinity, Number.NaN, 0, -3, 9, 10, 11];
      for (const count of [0, 1, 7, 8, 33, ROWS_PER_CALL]) {
        least.forEach((value, query) => (all[found / 4 + query * FOUND_STRIDE] = value));
        kernel.select!(QUERIES, scores, count, found);
        least.forEach((value, query) => {
          const [number, ...places] = new Uint32Array(buffer, found + 4 * query * FOUND_STRIDE, FOUND_STRIDE);
          const expected = Array.from({ length: count }, (_, place) => place).filter(
            (place) => !(all[query * ROWS_PER_CALL + place]! < value),
          );
          expect(places.slice(0, number)).toEqual(expected);
        });
      }
    });

    test('multiplies floats to the last bit as `dot` does, whatever the dimension', () => {
      for (const dimension of [1, 2, 3, 5, 20, 384, 1_001]) {
        const random = seededRandom(dimension);
        const vectors = Float32Array.from(
          { length: 30 * dimension },
          () => (random() - 0.5) * 10 ** (random() * 8),
        );
        const rows = Uint32Array.from([29, 0, 3, 3, 11, 17, 2]);
        const scores = new Float32Array(rows.length);
        kernels.dots!(vectors, 4 * dimension, vectors, dimension, rows, scores);
        const expected = Float32Array.from(rows, (row) =>
          dot(vectors, 4 * dimension, vectors, row * dimension, dimension),
        );
        expect(scores).toEqual(expected);
      }
    });

    test('a scan finds what WebAssembly finds, in the same order, whatever is asked', () => {
      const dimension = 50;
      const half = clusteredVectors(seededRandom(7), { rows: 1_250, dimension, clusters: 8, spread: 0.4 });
      const vectors = new Float32Array(2 * half.length);
      vectors.set(half);
      // Half of the rows stand twice: equal scores come in the order of their rows.
      vectors.set(half, half.length);
      const [wasm, native] = [wasmScanKernels, kernels].map((one) =>
        QuantisedRows.of(vectors, dimension, one)!,
      );
      fc.assert(
        fc.property(
          fc.nat(1_000),
          fc.integer({ min: 1, max: 19 }),
          fc.integer({ min: 1, max: 200 }),
          fc.integer({ min: 200, max: 2_500 }),
          (seed, count, k, rowCount) => {
            const queries = clusteredVectors(seededRandom(seed), {
              rows: count,
              dimension,
              clusters: 8,
              spread: 0.4,
            });
            const [expected, found] = [wasm, native].map((quantised) =>
              scanNearest({ vectors, dimension, rowCount, quantised: quantised! }, { queries, count, k }),
            );
            expect(found!.rows).toEqual(expected!.rows);
            found!.rows.forEach((row, place) => {
              const query = Math.floor(place / k) * dimension;
              expect(found!.scores[place]).toBe(dot(queries, query, vectors, row * dimension, dimension));
            });
          },
        ),
        { numRuns: 30 },
      );
    });
  });
}

describe.skipIf(addon === null)('arguments that would reach beyond what they are given', () => {
  const memory = new ArrayBuffer(100_000);
  const floats = new Float32Array(40);
  const rows = Uint32Array.of(0, 1);
  const detached = new ArrayBuffer(100_000);
  structuredClone(detached, { transfer: [detached] });
  const scan = [0, memory, 32, 1, 10_000, 4, 1_000, 1_024];
  const select = [0, memory, 2, 0, 1_024, 1_024, 50_000, 1_025];
  const dots = [0, floats, 0, floats, 20, rows, 2, new Float32Array(2)];
  const quantise = [0, floats, 0, 20, 2, memory, 32, 1_000, new Float32Array(2)];
  const replaced = (list: readonly unknown[], at: number, value: unknown) => list.with(at, value);
  const cases: readonly (readonly [Call, string, readonly unknown[]])[] = [
    ['scan', 'no such level', replaced(scan, 0, 9)],
    ['scan', 'a level that is no number', replaced(scan, 0, 'avx2')],
    ['scan', 'no memory', replaced(scan, 1, null)],
    ['scan', 'memory that was given away', replaced(scan, 1, detached)],
    ['scan', 'codes that are no whole turn', replaced(scan, 2, 33)],
    ['scan', 'no codes', replaced(scan, 2, 0)],
    ['scan', 'no query', replaced(scan, 3, 0)],
    ['scan', 'queries that lie beyond', replaced(scan, 3, 1_600)],
    ['scan', 'negative', replaced(scan, 4, -4)],
    ['scan', 'rows that lie beyond', replaced(scan, 4, 99_900)],
    ['scan', 'a place that is not finite', replaced(scan, 4, Number.POSITIVE_INFINITY)],
    ['scan', 'a place that is not whole', replaced(scan, 4, 0.5)],
    ['scan', 'a place that is not a number', replaced(scan, 4, Number.NaN)],
    ['scan', 'more rows than there are', replaced(replaced(scan, 4, 80_000), 5, 1_000)],
    ['scan', 'more rows than a query has scores', replaced(scan, 7, 3)],
    ['scan', 'scores that lie beyond', replaced(scan, 6, 99_000)],
    ['scan', 'scores between two floats', replaced(scan, 6, 1_001)],
    ['scan', 'too few arguments', scan.slice(0, 7)],
    ['pick', 'a list that lies beyond', replaced(scan, 4, 99_996)],
    ['pick', 'a list between two integers', replaced(scan, 4, 10_001)],
    ['select', 'more scores than a query has', replaced(select, 4, 1_025)],
    ['select', 'less room than scores', replaced(select, 7, 1_024)],
    ['select', 'scores that lie beyond', replaced(select, 3, 96_000)],
    ['select', 'findings that lie beyond', replaced(select, 6, 96_000)],
    ['select', 'findings between two integers', replaced(select, 6, 50_002)],
    ['dots', 'queries of another type', replaced(dots, 1, new Float64Array(40))],
    ['dots', 'a query that lies beyond', replaced(dots, 2, 21)],
    ['dots', 'a row that lies beyond', replaced(dots, 5, Uint32Array.of(0, 2))],
    ['dots', 'more rows than are named', replaced(dots, 6, 3)],
    ['dots', 'no dimension', replaced(dots, 4, 0)],
    ['dots', 'no room for scores', replaced(dots, 7, new Float32Array(1))],
    ['adviseHugePages', 'what is no memory', [rows]],
    ['quantise', 'rows of floats that lie beyond', replaced(quantise, 4, 3)],
    ['quantise', 'a first float that lies beyond', replaced(quantise, 2, 1)],
    ['quantise', 'more components than codes', replaced(quantise, 3, 33)],
    ['quantise', 'no dimension', replaced(quantise, 3, 0)],
    ['quantise', 'codes that are no whole turn', replaced(quantise, 6, 40)],
    ['quantise', 'rows that lie beyond', replaced(quantise, 7, 99_960)],
    ['quantise', 'no room for losses', replaced(quantise, 8, new Float32Array(1))],
    ['quantise', 'losses of another type', replaced(quantise, 8, new Float64Array(2))],
  ];

  test.each(cases)('%s refuses %s', (call, _, given) => {
    const run = addon![call] as (...args: readonly unknown[]) => void;
    expect(() => run(...given)).toThrow(RangeError);
  });

  test('pick refuses a row that lies beyond', () => {
    new Uint32Array(memory, 10_000, 4).set([0, 0, 99_990, 0]);
    expect(() => addon!.pick(0, memory, 32, 1, 10_000, 4, 1_000, 1_024)).toThrow(RangeError);
    expect(() => addon!.pick(0, memory, 32, 1, 10_000, 2, 1_000, 1_024)).not.toThrow();
  });
});
