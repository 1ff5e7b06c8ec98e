import { beforeAll, expect, test, vi } from 'vitest';
import { flatBackend } from '../../../adapters/index/flat/backend.ts';
import { Bm25Index } from '../../../adapters/text/bm25/bm25-index.ts';
import { DocumentTable } from '../../../src/core/engine/document-table.ts';
import { dot } from '../../../src/core/engine/distance.ts';
import { wasmScanKernels } from '../../../src/core/engine/quantised-kernel.ts';
import { IndexState } from '../../../src/core/engine/index-state.ts';
import type { VectorQuery } from '../../../src/core/engine/query-search.ts';
import { QuantisedRows } from '../../../src/core/engine/quantised-rows.ts';
import type { SealedSegment } from '../../../src/core/engine/sealed-segment.ts';
import { cosinesOf, searchVectors } from '../../../src/core/engine/vector-search.ts';
import type { EntryFilter } from '../../../src/core/filter.ts';
import { asDocNo, asEntryKey, asSeq, asVectorId } from '../../../src/core/ids.ts';
import { clusteredVectors, randomUnitVector, seededRandom } from '../../support/random-vectors.ts';

const DIMENSION = 8;
const ROWS = 48_000;
const random = seededRandom(3);
/** Tight clusters: the nearest rows of a query are mostly of one kind, the worst case for a filter. */
const vectors = clusteredVectors(random, { rows: ROWS, dimension: DIMENSION, clusters: 40, spread: 0.05 });
/** 1,000 rows that are all the same: more equal scores than any list is long. */
for (let row = 5_000; row < 6_000; row += 1) vectors.copyWithin(row * DIMENSION, 0, DIMENSION);
const vectorOf = (row: number): Float32Array => vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION);

let state: IndexState;
beforeAll(async () => {
  state = new IndexState(
    {
      dimension: DIMENSION,
      growingMaxRows: 1_000,
      kernels: wasmScanKernels,
      table: new DocumentTable(),
      text: new Bm25Index(),
      currentLog: () => 0,
    },
    { seq: asSeq(0), nonce: '' },
  );
  for (let row = 0; row < ROWS; row += 1) {
    state.addDocument({
      key: asEntryKey(row + 1),
      seq: asSeq(row + 1),
      vectorId: asVectorId(row + 1),
      type: 'experience',
      category: row % 2 === 0 ? 'BIG' : row % 1_000 === 1 ? 'TINY' : 'REST',
      section: null,
      author: 'ann',
      tags: [],
      createdAtMs: 0,
      updatedAtMs: 0,
      text: null,
    });
  }
  await seal(0, 44_000);
  for (let row = 44_000; row < ROWS; row += 1) state.addVector(asVectorId(row + 1), vectorOf(row));
  // Dead: the 300 nearest to the first vector, and 99 of the equal ones.
  for (const row of exactRows(vectorOf(0), {}).slice(0, 300))
    state.table.remove(state.table.find(asEntryKey(row + 1))!);
});

async function seal(from: number, to: number, handedOver = to - from): Promise<SealedSegment> {
  const block = vectors.slice(from * DIMENSION, to * DIMENSION);
  const parameters = {
    kind: 'flat',
    dimension: DIMENSION,
    hnsw: { m: 16, efConstruction: 80, efSearch: 64 },
  } as const;
  const segment = state.addSegment({
    kind: 'flat',
    backend: 'flat',
    ids: Float64Array.from({ length: to - from }, (_, i) => from + i + 1),
    vectors: block,
    index: await flatBackend.build(block, parameters),
    // The replacement is scanned over floats.
    quantised: to === 44_000 ? QuantisedRows.of(block, DIMENSION) : null,
    graph: null,
    hnsw: parameters.hnsw,
    file: { name: 'segment-00000001', bytes: 0, sha256: '' },
  });
  state.handOver(segment, 0, handedOver);
  return segment;
}

/** Rows of live documents that pass, nearest first: by one loop over everything. */
function exactRows(wanted: Float32Array, filter: EntryFilter): readonly number[] {
  const accept = state.table.select(filter);
  const scored: { readonly row: number; readonly score: number }[] = [];
  for (let row = 0; row < ROWS; row += 1) {
    const doc = state.table.find(asEntryKey(row + 1));
    if (doc === undefined || accept?.has(doc) === false) continue;
    scored.push({ row, score: dot(wanted, 0, vectors, row * DIMENSION, DIMENSION) });
  }
  return scored
    .toSorted((one, other) => other.score - one.score || one.row - other.row)
    .map(({ row }) => row);
}

const scope = () => ({ view: state.view, table: state.table, dimension: DIMENSION });

function query(vector: Float32Array, filter: EntryFilter, wanted: number): VectorQuery {
  return { vector, accept: state.table.select(filter), wanted, depth: wanted };
}

function foundRows(asked: VectorQuery): readonly number[] {
  const [hits] = searchVectors(scope(), [asked]);
  return [...hits!.docs].map((slot) => state.table.keyOf(asDocNo(slot)) - 1);
}

test.each([
  ['everything', {}],
  ['half of the entries', { category: 'BIG' }],
  ['0.1 % of the entries', { category: 'TINY' }],
])('finds exactly the nearest of %s', (_, filter) => {
  for (const vector of [vectorOf(0), vectorOf(777), randomUnitVector(random, DIMENSION)]) {
    expect(foundRows(query(vector, filter, 20))).toEqual(exactRows(vector, filter).slice(0, 20));
  }
});

test('looks past the dead: the 300 nearest rows are tombstones', () => {
  expect(foundRows(query(vectorOf(0), {}, 100))).toEqual(exactRows(vectorOf(0), {}).slice(0, 100));
});

test('equal scores come by vector id, although there are more of them than the list is long', () => {
  const rows = foundRows(query(vectorOf(5_500), {}, 50));
  expect(rows).toEqual(exactRows(vectorOf(5_500), {}).slice(0, 50));
});

test('a filter of which no vector is near still answers in full', () => {
  const rows = foundRows(query(vectorOf(1), { category: 'TINY' }, 100));
  expect(rows).toHaveLength(exactRows(vectorOf(1), { category: 'TINY' }).length);
});

test.each([
  ['everything', {}],
  ['half of the entries', { category: 'BIG' }],
  ['0.1 % of the entries', { category: 'TINY' }],
])('what scores too little is left out, and nothing else, of %s', (_, filter) => {
  for (const vector of [vectorOf(0), vectorOf(777), randomUnitVector(random, DIMENSION)]) {
    const nearest = exactRows(vector, filter);
    // Between two rows, at a row, above all of them.
    const scoreOf = (row: number) => dot(vector, 0, vectors, row * DIMENSION, DIMENSION);
    for (const least of [scoreOf(nearest[5]!), scoreOf(nearest[12]!) + 1e-7, 1.1]) {
      const expected = nearest.slice(0, 20).filter((row) => scoreOf(row) >= least);
      expect(foundRows({ ...query(vector, filter, 20), least })).toEqual(expected);
    }
  }
});

test('a row that no path of a graph leads to is found where the whole segment is wanted', () => {
  const [segment] = state.view.sealed;
  const search = segment!.search.bind(segment);
  const lost = vi.spyOn(segment!, 'search').mockImplementation((request) => {
    const found = search(request);
    const end = found.rows.indexOf(exactRows(vectorOf(1), {})[3]!);
    found.rows.copyWithin(end, end + 1).fill(-1, found.rows.length - 1);
    found.scores.copyWithin(end, end + 1);
    return found;
  });
  const wanted = state.table.vectorCount;
  expect(foundRows(query(vectorOf(1), {}, wanted))).toEqual(exactRows(vectorOf(1), {}));
  lost.mockRestore();
});

test('with a bound that few rows reach nothing is looked at twice, however many rows the filter refuses', () => {
  const [segment] = state.view.sealed;
  const scans = vi.spyOn(segment!, 'search');
  const vector = randomUnitVector(random, DIMENSION);
  expect(foundRows({ ...query(vector, { category: 'BIG' }, 20), least: 1.1 })).toEqual([]);
  expect(scans).toHaveBeenCalledTimes(1);
  scans.mockRestore();
});

test('a batch answers each query as it is answered alone', () => {
  const filters: readonly EntryFilter[] = [{}, { category: 'BIG' }, { category: 'TINY' }];
  const queries = Array.from({ length: 60 }, (_, i) => query(vectorOf(i * 17), filters[i % 3]!, 10));
  const together = searchVectors(scope(), queries);
  queries.forEach((one, i) => expect(together[i]).toEqual(searchVectors(scope(), [one])[0]));
});

test('while a new segment takes over, every vector is found in exactly one place', async () => {
  const before = foundRows(query(vectorOf(9), {}, 40));
  const [old] = state.view.sealed;
  const replacement = await seal(0, 0 + 10_000);
  // Half of the rows have been handed over: both segments are in the view.
  expect(foundRows(query(vectorOf(9), {}, 40))).toEqual(before);
  expect(foundRows(query(vectorOf(9), { category: 'TINY' }, 10))).toEqual(
    exactRows(vectorOf(9), { category: 'TINY' }).slice(0, 10),
  );
  expect(state.tombstonesOf(old!)).toBeGreaterThan(9_000);
  expect(state.tombstonesOf(replacement)).toBeLessThan(400);
});

test('of a segment that has begun to take over, the rows it has are scored; then one list is long enough', async () => {
  // The largest, so that it is searched first.
  const replacement = await seal(0, 46_000, 500);
  const search = vi.spyOn(replacement, 'search');
  const vector = vectorOf(20_123);
  const nearest = exactRows(vector, {}).slice(0, 200);
  for (const handedOver of [500, 4_000, 14_000, 23_000, 46_000]) {
    state.handOver(replacement, 0, handedOver);
    search.mockClear();
    expect(foundRows(query(vector, {}, 200))).toEqual(nearest);
    expect(search).toHaveBeenCalledTimes(handedOver < 4_600 ? 0 : 1);
    expect(foundRows(query(vector, { category: 'BIG' }, 200))).toEqual(
      exactRows(vector, { category: 'BIG' }).slice(0, 200),
    );
  }
  search.mockRestore();
});

test('the cosine of a document without a vector is not known', () => {
  state.addDocument({
    key: asEntryKey(90_000),
    seq: asSeq(90_000),
    vectorId: null,
    type: 'skill',
    category: 'NEW',
    section: null,
    author: 'ann',
    tags: [],
    createdAtMs: 0,
    updatedAtMs: 0,
    text: null,
  });
  // Of several segments, one scored by its kernel and one by floats.
  const keys = [44_001, 90_000, 45_500, 300, 20_000].map(asEntryKey);
  const docs = Uint32Array.from(keys, (key) => state.table.find(key)!);
  const cosines = cosinesOf(scope(), vectorOf(44_000), docs);
  keys.forEach((key, at) => {
    if (key === 90_000) return expect(cosines[at]).toBeNaN();
    expect(cosines[at]).toBe(dot(vectorOf(44_000), 0, vectors, (key - 1) * DIMENSION, DIMENSION));
  });
});

test('searches that share a filter answer together as each does alone', () => {
  const asked = Array.from({ length: 11 }, (_, at) => ({
    ...query(vectorOf(at * 391), { category: at % 3 === 0 ? 'TINY' : 'BIG' }, 5 + at),
    ...(at % 4 === 0 ? { least: 0.2 } : {}),
  }));
  const together = searchVectors(scope(), asked);
  expect(together).toEqual(asked.map((one) => searchVectors(scope(), [one])[0]));
  expect(together[1]!.docs.length).toBe(6);
});
