import { describe, expect, test } from 'vitest';
import type { NativeAddon } from '../../../adapters/scan-kernel/native-addon.ts';
import { scanNearest } from '../../../src/core/engine/exact-scan.ts';
import { ROWS_PER_CALL } from '../../../src/core/ports/scan-kernel.ts';
import { walkNearest } from '../../../src/core/engine/graph-walk.ts';
import { QuantisedRows } from '../../../src/core/engine/quantised-rows.ts';
import type { ScanKernels } from '../../../src/core/ports/scan-kernel.ts';
import type { HnswLinks } from '../../../src/core/ports/vector-backend.ts';
import { loadedAddon, supportedLevels } from '../../support/native-addon.ts';
import {
  clusteredVectors,
  randomUnitVector,
  seededRandom,
  type Random,
} from '../../support/random-vectors.ts';

const addon = loadedAddon();

if (addon === null) test.skip('the native scan kernel is not built on this machine', () => undefined);

const DIMENSION = 24;
const ROWS = 600;
/** Links of a row on each layer above the lowest, which has twice as many. */
const M = 6;
const LAYERS = 3;

const vectors = clusteredVectors(seededRandom(3), {
  rows: ROWS,
  dimension: DIMENSION,
  clusters: 20,
  spread: 0.7,
});

/** A row is on layer 1 when 6 divides it, on layer 2 when 36 does. */
const topLayerOf = (row: number): number => (row % 36 === 0 ? 2 : row % 6 === 0 ? 1 : 0);

interface Adjacency {
  readonly m: number;
  /** By layer and row: rows. */
  readonly neighbours: readonly ReadonlyMap<number, readonly number[]>[];
}

/** Random links. @param least share of a full list; with 0 some rows have no links at all */
function randomAdjacency(random: Random, least = 0, m = M): Adjacency {
  const neighbours = Array.from({ length: LAYERS }, (_, layer) => {
    const here = Array.from({ length: ROWS }, (__, row) => row).filter((row) => topLayerOf(row) >= layer);
    const most = layer === 0 ? 2 * m : m;
    return new Map(
      here.map((row) => {
        const count = Math.floor((least + (1 - least) * random()) * (most + 0.999));
        return [row, Array.from({ length: count }, () => here[Math.floor(random() * here.length)]!)] as const;
      }),
    );
  });
  return { m, neighbours };
}

/** As a library stores it, at an odd address. */
function linksOf({ m, neighbours }: Adjacency): HnswLinks {
  const layerStarts = Int32Array.from([0, 2 * m, 3 * m, 4 * m]);
  const ends: number[] = [0];
  const all: number[] = [];
  for (let row = 0; row < ROWS; row += 1) {
    for (let layer = 0; layer <= topLayerOf(row); layer += 1) {
      const most = layer === 0 ? 2 * m : m;
      const list = neighbours[layer]!.get(row)!;
      all.push(...list, ...Array<number>(most - list.length).fill(-1));
    }
    ends.push(all.length);
  }
  return {
    starts: unaligned(new Uint8Array(BigUint64Array.from(ends, BigInt).buffer)),
    links: unaligned(new Uint8Array(Int32Array.from(all).buffer)),
    layerStarts,
    entryRow: 36,
    topLayer: LAYERS - 1,
  };
}

function unaligned(bytes: Uint8Array): Uint8Array {
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  return shifted.subarray(1);
}

/** Malkov & Yashunin, algorithms 2 and 5, with lists that are sorted anew each time. */
function walked(
  { neighbours }: Adjacency,
  scoreOf: (row: number) => number,
  breadth: number,
): readonly (readonly [row: number, score: number])[] {
  let entry = 36;
  for (let layer = LAYERS - 1; layer > 0; layer -= 1) {
    for (let isBetter = true; isBetter;) {
      isBetter = false;
      for (const row of neighbours[layer]!.get(entry)!) {
        if (scoreOf(row) <= scoreOf(entry)) continue;
        entry = row;
        isBetter = true;
      }
    }
  }
  const seen = new Set([entry]);
  const expanded = new Set<number>();
  let best = [entry];
  for (;;) {
    const next = best.find((row) => !expanded.has(row));
    if (next === undefined) return best.map((row) => [row, scoreOf(row)]);
    expanded.add(next);
    for (const row of neighbours[0]!.get(next)!) {
      if (seen.has(row)) continue;
      seen.add(row);
      if (best.length < breadth || scoreOf(row) > scoreOf(best.at(-1)!)) best.push(row);
      best = best.toSorted((a, b) => scoreOf(b) - scoreOf(a)).slice(0, breadth);
    }
  }
}

/** By query. */
function found(quantised: QuantisedRows, graph: HnswLinks, breadth: number, queries: number) {
  const rows = new Uint32Array(queries * breadth);
  const scores = new Float32Array(queries * breadth);
  const counts = new Uint32Array(queries);
  quantised.walk(graph, { breadth, rows, scores, counts });
  return Array.from(counts, (count, query) =>
    Array.from({ length: count }, (_, at) => {
      const place = query * breadth + at;
      return [rows[place]!, scores[place]!] as const;
    }),
  );
}

const levels = supportedLevels(addon);

describe.each(levels)('a walk with $name', ({ kernels }: { readonly kernels: ScanKernels }) => {
  const quantised = QuantisedRows.of(vectors, DIMENSION, kernels)!;

  test('finds what the algorithm finds, in its order, with the scores of a scan', () => {
    const random = seededRandom(11);
    for (let run = 0; run < 60; run += 1) {
      // The links of a row are scored 64 at a time; every tenth graph has more.
      const adjacency = run % 10 === 9 ? randomAdjacency(random, 0.5, 80) : randomAdjacency(random);
      // Walks in turns end one after the other.
      const count = 1 + (run % kernels.queriesAtOnce);
      const queries = Array.from({ length: count }, () => [...randomUnitVector(random, DIMENSION)]);
      quantised.prepare(Float32Array.from(queries.flat()), 0, count);
      const scores = quantised.scan(count, 0, ROWS).slice();
      for (const breadth of [1, 2, 17, ROWS]) {
        const expected = queries.map((_, query) =>
          walked(adjacency, (row) => scores[query * ROWS_PER_CALL + row]!, breadth),
        );
        expect(found(quantised, linksOf(adjacency), breadth, count)).toEqual(expected);
      }
    }
  });

  test('answers with scores of `dot`, best first, none below its floor, and long lists by a scan', () => {
    const graph = linksOf(randomAdjacency(seededRandom(12), 1));
    const queries = clusteredVectors(seededRandom(13), {
      rows: 5,
      dimension: DIMENSION,
      clusters: 3,
      spread: 1,
    });
    const rows = { vectors, dimension: DIMENSION, rowCount: ROWS, quantised };
    const hnsw = { m: M, efSearch: 30 };
    const floors = Float32Array.of(-1, -1, 0.2, 2, -1);
    const exact = scanNearest(rows, { queries, count: 5, k: ROWS });
    const scores = new Map(
      Array.from(exact.rows, (row, at) => [`${Math.floor(at / ROWS)} ${row}`, exact.scores[at]!]),
    );
    const near = walkNearest({ ...rows, graph, hnsw }, { queries, count: 5, k: 10, breadth: 10, floors });
    for (let query = 0; query < 5; query += 1) {
      const list = Array.from(near.rows.subarray(query * 10, query * 10 + 10)).filter((row) => row >= 0);
      // A bound of 0.2 leaves some, one of 2 none.
      if (query === 2) expect(list.length).toBeGreaterThan(0);
      else expect(list.length).toBe(query === 3 ? 0 : 10);
      const own = list.map((row) => scores.get(`${query} ${row}`)!);
      expect(Array.from(near.scores.subarray(query * 10, query * 10 + list.length))).toEqual(own);
      expect(own).toEqual(own.toSorted((a, b) => b - a));
    }
    // A shorter list of the same breadth is the beginning of a longer one.
    for (const k of [1, 7, 24]) {
      const list = walkNearest(
        { ...rows, graph, hnsw: { m: M, efSearch: 1 } },
        { queries, count: 5, k, breadth: 25 },
      );
      const whole = walkNearest(
        { ...rows, graph, hnsw: { m: M, efSearch: 1 } },
        { queries, count: 5, k: 25, breadth: 25 },
      );
      for (let query = 0; query < 5; query += 1) {
        const begin = whole.rows.subarray(query * 25, query * 25 + k);
        expect(list.rows.subarray(query * k, query * k + k)).toEqual(begin);
      }
    }
    const long = { queries, count: 5, k: 40, breadth: 40 };
    expect(walkNearest({ ...rows, graph, hnsw }, long)).toEqual(scanNearest(rows, long));
  });

  test('a graph of garbage ends, and leads to rows that there are', () => {
    const random = seededRandom(14);
    const good = linksOf(randomAdjacency(random));
    for (let run = 0; run < 300; run += 1) {
      const [starts, links] = [good.starts.slice(), good.links.slice()];
      const bytes = run % 2 === 0 ? starts : links;
      for (let flips = 0; flips < 40; flips += 1) bytes[Math.floor(random() * bytes.length)] = random() * 256;
      const layerStarts = good.layerStarts.slice();
      if (run % 3 === 0) layerStarts[Math.floor(random() * 4)] = Math.floor((random() - 0.5) * 2 ** 32);
      quantised.prepare(randomUnitVector(random, DIMENSION), 0, 1);
      const [list] = found(quantised, { ...good, starts, links, layerStarts }, 50, 1);
      const rows = list!.map(([row]) => row);
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.every((row) => row < ROWS)).toBe(true);
      expect(new Set(rows).size).toBe(rows.length);
    }
  });
});

describe.skipIf(addon === null)('a walk refuses', () => {
  const memory = new ArrayBuffer(100_000);
  const [rowCount, codesPerRow] = [10, 32];
  const given = [
    0,
    memory,
    codesPerRow,
    1_000,
    rowCount,
    new Uint8Array(8 * (rowCount + 1)),
    new Uint8Array(80),
    Int32Array.of(0, 2),
    0,
    0,
    new BigUint64Array(1),
    new Uint32Array(4),
    new Float32Array(4),
    4,
    new Uint32Array(1),
  ] as const;

  const walk = (...all: readonly unknown[]) =>
    addon!.walk(...(all as unknown as Parameters<NativeAddon['walk']>));

  test('nothing of what fits together', () => {
    walk(...given);
    expect(given.at(-1)).toEqual(Uint32Array.of(1));
  });

  test.each([
    ['no such level', 0, 9],
    ['codes that are no whole turn', 2, 33],
    ['rows that lie beyond', 3, 99_900],
    ['no rows', 4, 0],
    ['more rows than have links', 4, 11],
    ['starts of another type', 5, new BigUint64Array(11)],
    ['half a link', 6, new Uint8Array(81)],
    ['no layers', 7, Int32Array.of(0)],
    ['an entry beyond the rows', 8, 10],
    ['a layer that there is not', 9, 1],
    ['too few bits', 10, new BigUint64Array(0)],
    ['no room', 11, new Uint32Array(0)],
    ['scores that do not fit the rows', 12, new Float32Array(5)],
    ['no breadth', 13, 0],
    ['more breadth than room', 13, 5],
    ['no queries', 14, new Uint32Array(0)],
    ['more queries than room', 14, new Uint32Array(2)],
    ['more queries than walk at once', 14, new Uint32Array(9)],
  ])('%s', (_, at, value) => {
    expect(() => walk(...(given as readonly unknown[]).with(at, value))).toThrow(RangeError);
  });
});
