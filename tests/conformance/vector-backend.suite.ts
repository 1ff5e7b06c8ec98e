import assert from 'node:assert/strict';
import {
  INDEX_KINDS,
  type BackendIndex,
  type IndexKind,
  type IndexParameters,
  type NearestRows,
  type VectorBackend,
} from '../../src/core/ports/vector-backend.ts';
import { clusteredVectors, seededRandom } from '../support/random-vectors.ts';
import type { Registrar } from './registrar.ts';

/** Why a backend lacks a capability; every one it lacks needs a reason. */
export type LackReasons = Readonly<Partial<Record<IndexKind | 'serializable', string>>>;

const DIMENSION = 32;
const ROWS = 1500;
const QUERIES = 40;
const K = 10;
const SEED = 20_240_607;
/** What an approximate index must find of the exact top 10, on average. */
const RECALL_MIN = 0.95;
/** Float32 sums in another order, and `1 - distance`. */
const SCORE_TOLERANCE = 2e-6;

/** What every implementation of the `VectorBackend` port promises, whatever library is behind it. */
export function vectorBackendSuite(
  registrar: Registrar,
  backend: () => Promise<VectorBackend>,
  lacks: LackReasons = {},
): void {
  for (const kind of INDEX_KINDS) {
    if (lacks[kind] === undefined) kindSuite(registrar, backend, kind, lacks);
    else registrar.skip(`${kind}: all of the suite`, lacks[kind]);
  }

  registrar.test('declares exactly the capabilities that are tested', async () => {
    const { capabilities } = await backend();
    const tested = INDEX_KINDS.filter((kind) => lacks[kind] === undefined);
    assert.deepEqual(capabilities.kinds.toSorted(), tested.toSorted());
    assert.equal(capabilities.serializable, lacks.serializable === undefined);
  });
}

function kindSuite(
  registrar: Registrar,
  backend: () => Promise<VectorBackend>,
  kind: IndexKind,
  lacks: LackReasons,
): void {
  const parameters: IndexParameters = {
    kind,
    dimension: DIMENSION,
    hnsw: { m: 16, efConstruction: 200, efSearch: 64 },
  };
  const build = async (vectors: Float32Array): Promise<BackendIndex> =>
    (await backend()).build(vectors, parameters);

  registrar.test(`${kind}: finds the nearest rows`, async () => {
    const { vectors, queries } = corpus();
    const index = await build(vectors);
    const found = index.search(queries, QUERIES, K);
    const recall = meanRecall(found, vectors, queries);
    assert.ok(recall >= (kind === 'flat' ? 1 : RECALL_MIN), `recall@${K} is ${recall}`);
    assertWellFormed(found, vectors, queries, K);
    index.close();
  });

  registrar.test(`${kind}: k = rowCount gives every row once, best first`, async () => {
    const { vectors, queries } = corpus({ rows: 200 });
    const index = await build(vectors);
    assert.equal(index.rowCount, 200);
    const found = index.search(queries, 2, 200);
    assertWellFormed(found, vectors, queries, 200);
    const given = found.rows.filter((row) => row >= 0).length;
    // A graph may leave a few rows unreachable; a scan may not.
    assert.ok(given >= (kind === 'flat' ? 400 : 400 * RECALL_MIN), `${given} of 400 rows`);
    index.close();
  });

  registrar.test(`${kind}: a batch answers what its queries answer alone`, async () => {
    const { vectors, queries } = corpus();
    const index = await build(vectors);
    const batch = index.search(queries, QUERIES, K);
    for (let query = 0; query < QUERIES; query += 1) {
      const alone = index.search(queryAt(queries, query), 1, K);
      assert.deepEqual(
        [...alone.rows],
        [...batch.rows.subarray(query * K, (query + 1) * K)],
        `query ${query}`,
      );
    }
    index.close();
  });

  registrar.test(`${kind}: near-duplicates are all found, apart from everything else`, async () => {
    const { vectors } = corpus();
    const copies = [3, 500, 501, 1499];
    const original = vectors.slice(3 * DIMENSION, 4 * DIMENSION);
    for (const [step, row] of copies.entries()) vectors.set(nudged(original, step), row * DIMENSION);
    const index = await build(vectors);
    const found = index.search(original, 1, copies.length);
    assert.deepEqual(
      [...found.rows].toSorted((a, b) => a - b),
      copies,
    );
    for (const score of found.scores) assert.ok(Math.abs(score - 1) < 1e-5, `score ${score}`);
    index.close();
  });

  registrar.test(`${kind}: rows that are all the same vector are told apart by row`, async () => {
    const rows = 50;
    const { vectors } = corpus({ rows, clusters: 1, spread: 0 });
    const index = await build(vectors);
    const found = index.search(vectors.slice(0, DIMENSION), 1, K);
    assert.equal(new Set(found.rows).size, K);
    if (kind === 'flat')
      assert.deepEqual(
        [...found.rows],
        Array.from({ length: K }, (_, row) => row),
      );
    index.close();
  });

  registrar.test(`${kind}: one row`, async () => {
    const { vectors } = corpus({ rows: 1 });
    const index = await build(vectors);
    assert.equal(index.rowCount, 1);
    const found = index.search(vectors, 1, 1);
    assert.deepEqual([...found.rows], [0]);
    assert.ok(Math.abs(found.scores[0]! - 1) < SCORE_TOLERANCE);
    index.close();
  });

  registrar.test(`${kind}: leaves the vectors it was given as they were`, async () => {
    const { vectors, queries } = corpus({ rows: 100 });
    const before = vectors.slice();
    const index = await build(vectors);
    index.search(queries, 1, 1);
    index.close();
    assert.deepEqual(vectors, before);
  });

  registrar.test(`${kind}: closing one index leaves another alone, and memory is counted`, async () => {
    const { vectors, queries } = corpus({ rows: 100 });
    const [first, second] = [await build(vectors), await build(vectors)];
    assert.ok(Number.isFinite(second.memoryBytes) && second.memoryBytes >= 0);
    const before = second.search(queries, 3, K);
    first.close();
    assert.deepEqual(second.search(queries, 3, K), before);
    second.close();
  });

  roundTripTests(registrar, backend, parameters, lacks.serializable);
}

function roundTripTests(
  registrar: Registrar,
  backend: () => Promise<VectorBackend>,
  parameters: IndexParameters,
  lackReason: string | undefined,
): void {
  const { kind } = parameters;
  if (lackReason !== undefined) {
    registrar.skip(`${kind}: serialize and load`, lackReason);
    return;
  }

  registrar.test(
    `${kind}: what was serialized answers identically after load, and serializes again`,
    async () => {
      const { vectors, queries } = corpus();
      const subject = await backend();
      const built = await subject.build(vectors, parameters);
      const expected = built.search(queries, QUERIES, K);
      const bytes = await built.serialize();
      assert.deepEqual(built.search(queries, QUERIES, K), expected, 'serializing changed the index');
      built.close();

      const loaded = await subject.load(bytes.slice(), vectors, parameters);
      assert.equal(loaded.rowCount, ROWS);
      assert.deepEqual(loaded.search(queries, QUERIES, K), expected);
      const again = await loaded.serialize();
      loaded.close();

      const reloaded = await subject.load(again, vectors, parameters);
      assert.deepEqual(reloaded.search(queries, QUERIES, K), expected);
      reloaded.close();
    },
  );
}

interface CorpusOptions {
  readonly rows?: number;
  readonly clusters?: number;
  readonly spread?: number;
}

function corpus({ rows = ROWS, clusters = 30, spread = 0.7 }: CorpusOptions = {}): {
  readonly vectors: Float32Array;
  readonly queries: Float32Array;
} {
  const all = clusteredVectors(seededRandom(SEED), {
    rows: rows + QUERIES,
    dimension: DIMENSION,
    clusters,
    spread,
  });
  return { vectors: all.slice(0, rows * DIMENSION), queries: all.slice(rows * DIMENSION) };
}

const queryAt = (queries: Float32Array, query: number): Float32Array =>
  queries.slice(query * DIMENSION, (query + 1) * DIMENSION);

/** The vector with its first coordinate moved by a millionth a step: apart in float32, alike in meaning. */
function nudged(vector: Float32Array, steps: number): Float32Array {
  const moved = vector.slice();
  moved[0] = moved[0]! + steps * 1e-6;
  return moved;
}

/** Straightforward on purpose, and in doubles: it shares no code with what it judges. */
function exactScore(vectors: Float32Array, row: number, query: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < DIMENSION; i += 1) sum += vectors[row * DIMENSION + i]! * query[i]!;
  return sum;
}

function meanRecall(found: NearestRows, vectors: Float32Array, queries: Float32Array): number {
  let hits = 0;
  for (let query = 0; query < QUERIES; query += 1) {
    const scores = Array.from({ length: vectors.length / DIMENSION }, (_, row) =>
      exactScore(vectors, row, queryAt(queries, query)),
    );
    const kth = scores.toSorted((a, b) => b - a)[K - 1]!;
    for (const row of found.rows.subarray(query * K, (query + 1) * K)) {
      if (row >= 0 && scores[row]! >= kth - SCORE_TOLERANCE) hits += 1;
    }
  }
  return hits / (QUERIES * K);
}

/** Distinct rows, true inner products as scores, best first, -1 only at the end. */
function assertWellFormed(found: NearestRows, vectors: Float32Array, queries: Float32Array, k: number): void {
  const count = found.rows.length / k;
  assert.equal(found.scores.length, count * k);
  for (let query = 0; query < count; query += 1) {
    const rows = [...found.rows.subarray(query * k, (query + 1) * k)];
    const scores = found.scores.subarray(query * k, (query + 1) * k);
    const given = rows.filter((row) => row !== -1);
    assert.ok(
      rows.slice(given.length).every((row) => row === -1),
      'a gap before the last row',
    );
    assert.equal(new Set(given).size, given.length, 'a row twice');
    for (const [place, row] of given.entries()) {
      const exact = exactScore(vectors, row, queryAt(queries, query));
      assert.ok(
        Math.abs(scores[place]! - exact) < SCORE_TOLERANCE,
        `row ${row}: ${scores[place]} is not ${exact}`,
      );
      assert.ok(place === 0 || scores[place]! <= scores[place - 1]!, 'not best first');
    }
  }
}
