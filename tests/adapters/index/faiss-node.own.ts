import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openFaissBackend } from '../../../adapters/index/faiss-node/backend.ts';
import { hasX86V3 } from '../../../adapters/index/faiss-node/cpu.ts';
import { tuneEmptyHnsw } from '../../../adapters/index/faiss-node/layout.ts';
import type { BackendIndex, IndexParameters } from '../../../src/core/ports/vector-backend.ts';
import { openNativeScanKernels } from '../../../adapters/scan-kernel/native-scan-kernels.ts';
import { walkNearest } from '../../../src/core/engine/graph-walk.ts';
import { QuantisedRows } from '../../../src/core/engine/quantised-rows.ts';
import { run } from '../../../scripts/setup/run.mjs';
import { MemoryFiles } from '../../../adapters/files/memory/memory-files.ts';
import { openCollection, searchFor } from '../../support/collection-fixture.ts';
import { MemorySource } from '../../support/memory-source.ts';
import { clusteredVectors, seededRandom } from '../../support/random-vectors.ts';

const DIMENSION = 32;
const K = 10;
const QUERIES = 100;
const BUILT = join('.build', 'faiss');

const hnsw = (efSearch: number): IndexParameters => ({
  kind: 'hnsw',
  dimension: DIMENSION,
  hnsw: { m: 8, efConstruction: 150, efSearch },
});
const flat: IndexParameters = { ...hnsw(16), kind: 'flat' };

// The tests in child processes compile before they start, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

/** What is true of this backend alone. */
export function faissNodeTests(): void {
  layoutTests();
  walkTests();
  fileTests();
  processTests();
}

function layoutTests(): void {
  test('the breadth of search is what is configured at load, not what it was when the graph was built', async () => {
    const { vectors, queries } = corpus(4000);
    const backend = openFaissBackend();
    const exact = await backend.build(vectors, flat);
    const built = await backend.build(vectors, hnsw(10));
    const graph = await built.serialize();
    const narrow = recall(built, exact, queries);
    const loaded = await backend.load(graph, vectors, hnsw(200));
    const wide = recall(loaded, exact, queries);
    expect(wide).toBeGreaterThan(0.99);
    expect(narrow).toBeLessThan(wide - 0.02);
    for (const index of [exact, built, loaded]) index.close();
  });

  test('the rows are stored once, with the segment: serialized bytes are the graph alone', async () => {
    const { vectors } = corpus(1000);
    const backend = openFaissBackend();
    const sizes = await Promise.all(
      [flat, hnsw(16)].map(async (parameters) => {
        const index = await backend.build(vectors, parameters);
        const { byteLength } = await index.serialize();
        index.close();
        return byteLength;
      }),
    );
    expect(sizes[0]).toBe(45);
    expect(sizes[1]).toBeLessThan(vectors.byteLength);
  });

  test.each([
    ['a graph of more rows', 1001, hnsw(16)],
    ['a graph of fewer rows', 999, hnsw(16)],
    ['exact rows of another number', 999, flat],
  ])('%s is CORRUPT before FAISS reads it', async (_, rows, parameters) => {
    const backend = openFaissBackend();
    const index = await backend.build(corpus(1000).vectors, parameters);
    const bytes = await index.serialize();
    index.close();
    await expect(backend.load(bytes, corpus(rows).vectors, parameters)).rejects.toMatchObject({
      code: 'CORRUPT',
    });
    await expect(backend.load(bytes.subarray(0, 20), corpus(1000).vectors, parameters)).rejects.toMatchObject(
      {
        code: 'CORRUPT',
      },
    );
  });

  test('the links of a stored graph lead from every row to rows, and to all of them', async () => {
    const { vectors } = corpus(1000);
    const backend = openFaissBackend();
    const index = await backend.build(vectors, hnsw(16));
    const bytes = await index.serialize();
    index.close();
    const graph = backend.linksOf(bytes, 1000, DIMENSION)!;
    const [starts, links] = [
      new BigUint64Array(new Uint8Array(graph.starts).buffer),
      new Int32Array(new Uint8Array(graph.links).buffer),
    ];
    expect(graph.layerStarts.slice(0, 3)).toEqual(Int32Array.of(0, 16, 24));
    expect(starts.at(-1)).toBe(BigInt(links.length));
    const reached = new Set([graph.entryRow]);
    for (const row of reached) {
      const from = Number(starts[row]);
      for (const link of links.subarray(from, from + 16)) if (link >= 0) reached.add(link);
    }
    expect([...reached].every((row) => row < 1000)).toBe(true);
    expect(reached.size).toBe(1000);
  });

  test('what is not wholly a graph of these rows is CORRUPT, and no links', async () => {
    const backend = openFaissBackend();
    const index = await backend.build(corpus(1000).vectors, hnsw(16));
    const bytes = await index.serialize();
    index.close();
    const corrupt = expect.objectContaining({ code: 'CORRUPT' });
    const linksOf = (graph: Uint8Array, rows = 1000) => backend.linksOf(graph, rows, DIMENSION);
    expect(() => linksOf(bytes, 999)).toThrow(corrupt);
    expect(() => linksOf(bytes.subarray(0, 60))).toThrow(corrupt);
    expect(() => linksOf(bytes.subarray(1))).toThrow(corrupt);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // The lengths of its five arrays, where a search enters, and its top layer.
    let at = 37;
    const places = [8, 4, 4, 8, 4].map((elementBytes) => {
      const place = at;
      at += 8 + elementBytes * Number(view.getBigUint64(place, true));
      return place;
    });
    for (const place of [...places, at, at + 4]) {
      for (const value of [-1, 0x7fff_ffff]) {
        const damaged = new Uint8Array(bytes);
        new DataView(damaged.buffer).setInt32(place, value, true);
        expect(() => linksOf(damaged)).toThrow(corrupt);
      }
    }
  });

  test.each([0, 2])('a library that writes the two ef parameters %i times is refused', (times) => {
    const bytes = new Uint8Array(200);
    const view = new DataView(bytes.buffer);
    for (let pair = 0; pair < times; pair += 1) {
      const at = 200 - 45 - 12 - pair * 50;
      view.setInt32(at, 40, true);
      view.setInt32(at + 4, 16, true);
    }
    expect(() => tuneEmptyHnsw(bytes, { m: 8, efConstruction: 200, efSearch: 64 })).toThrow(/unknown layout/);
  });
}

function walkTests(): void {
  const suite = nativeKernelsExist() ? describe : describe.skip;
  suite('walked by native code', () => {
    test('its graph is walked over bytes with the recall of its own search', async () => {
      const { vectors, queries } = corpus(4000);
      const backend = openFaissBackend();
      const exact = await backend.build(vectors, flat);
      const index = await backend.build(vectors, hnsw(60));
      const graph = backend.linksOf(await index.serialize(), 4000, DIMENSION)!;
      const quantised = QuantisedRows.of(vectors, DIMENSION, openNativeScanKernels('native'))!;
      const rows = { vectors, dimension: DIMENSION, rowCount: 4000, quantised, graph };
      const walk = {
        search: (asked: Float32Array, count: number, k: number) =>
          walkNearest({ ...rows, hnsw: { m: 8, efSearch: 60 } }, { queries: asked, count, k, breadth: k }),
      };
      expect(recall(walk, exact, queries)).toBeGreaterThan(recall(index, exact, queries) - 0.01);
      for (const one of [exact, index]) one.close();
    });

    test('a sealed graph is memory of the index once: FAISS reads none of it, then and after a start', async () => {
      const backend = openFaissBackend();
      const load = vi.fn<typeof backend.load>((...given) => backend.load(...given));
      const { vectors, queries } = corpus(2000);
      const source = new MemorySource(DIMENSION);
      const rowOf = (row: number): Float32Array => vectors.slice(row * DIMENSION, (row + 1) * DIMENSION);
      for (let row = 0; row < 2000; row += 1) source.create({ vector: rowOf(row) });
      const files = new MemoryFiles();
      const options = {
        spec: { dimension: DIMENSION, indexKind: 'hnsw', hnsw: { m: 8, efConstruction: 80, efSearch: 40 } },
        backend: { ...backend, load },
        nativeKernels: openNativeScanKernels,
        source,
        files,
      } as const;
      const first = await openCollection(options);
      await first.collection.rebuild();
      const exact = await backend.build(vectors, flat);
      const truth = exact.search(queries, QUERIES, K).rows;
      exact.close();
      for (const { collection } of [first, await openCollection(options)]) {
        const { segments } = await collection.status();
        expect(segments).toMatchObject([{ kind: 'hnsw', rows: 2000 }]);
        let hits = 0;
        for (let query = 0; query < QUERIES; query += 1) {
          const vector = queries.slice(query * DIMENSION, (query + 1) * DIMENSION);
          const { keys } = await collection.search(searchFor({ vector, limit: K }));
          // Row 0 is entry 1.
          const nearest = new Set(Array.from(truth.subarray(query * K, (query + 1) * K), (row) => row + 1));
          hits += Array.from(keys).filter((key) => nearest.has(key)).length;
        }
        expect(hits / (QUERIES * K)).toBeGreaterThan(0.95);
        await collection.close();
      }
      expect(load).not.toHaveBeenCalled();
    });
  });
}

function fileTests(): void {
  test('no temporary file stays behind', async () => {
    const scratchDirectory = temporaryFolder();
    const backend = openFaissBackend({ scratchDirectory });
    const { vectors } = corpus(100);
    const index = await backend.build(vectors, hnsw(16));
    const loaded = await backend.load(await index.serialize(), vectors, hnsw(16));
    index.close();
    loaded.close();
    expect(readdirSync(scratchDirectory)).toEqual([]);
  });

  test('without room for its temporary file it says so, and the process lives', async () => {
    const backend = openFaissBackend({ scratchDirectory: join(temporaryFolder(), 'gone') });
    await expect(backend.build(corpus(10).vectors, flat)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      hint: expect.stringContaining('TMPDIR'),
    });
  });
}

function processTests(): void {
  test('AVX2 is chosen only for a CPU that has all of x86-64-v3', () => {
    const flags = 'fpu sse4_2 movbe xsave avx f16c abm bmi1 avx2 bmi2 fma';
    expect(hasX86V3(`processor\t: 0\nflags\t\t: ${flags}\n`)).toBe(true);
    expect(hasX86V3(`flags\t\t: ${flags.replace('avx2 ', '')}\n`)).toBe(false);
    expect(hasX86V3('')).toBe(false);
  });

  test('a binary that does not load is UNAVAILABLE, with what to do', async () => {
    const directory = temporaryFolder();
    for (const name of ['faiss-avx2.node', 'faiss-baseline.node'])
      writeFileSync(join(directory, name), 'broken');
    expect(await inChild('search', directory)).toMatchObject({
      error: { code: 'UNAVAILABLE', hint: expect.stringContaining('npm run setup') },
    });
  });

  test.skipIf(!existsSync(BUILT))(
    'a CPU without AVX2 gets the same rows from the baseline binary',
    async () => {
      const directory = temporaryFolder();
      copyFileSync(join(BUILT, 'faiss-baseline.node'), join(directory, 'faiss-baseline.node'));
      const baseline = await inChild('search', directory);
      expect(baseline).toEqual(await inChild('search', BUILT));
      expect(baseline).toMatchObject({ rows: expect.arrayContaining([0]) });
    },
  );

  test('a worker thread is refused: the binding would abort the process', async () => {
    expect(await inChild('worker')).toMatchObject({ error: { code: 'CONFIGURATION' } });
  });

  test.skipIf(process.platform !== 'linux')(
    'one thread searches, unless the environment says otherwise',
    async () => {
      expect(await inChild('threads')).toEqual({ started: 0 });
    },
  );

  test('closed indexes give their memory back', async () => {
    // 40 indexes of 20 MB one after the other; left to V8 alone they hold 280 MB, so 100.
    expect((await inChild('memory')) as { grownBytes: number }).toSatisfy(
      ({ grownBytes }: { grownBytes: number }) => grownBytes < 200_000_000,
    );
  });
}

/** FAISS belongs to one thread and one binary of a process, so these cases take one each. */
async function inChild(scenario: string, nativeDirectory?: string): Promise<unknown> {
  const script = join('tests', 'adapters', 'index', 'faiss-node.child.ts');
  const { ok, output, stdout } = await run(process.execPath, ['--import', 'tsx', script, scenario], {
    env: nativeDirectory === undefined ? {} : { CHL_FAISS_NATIVE_DIR: nativeDirectory },
    timeoutMs: 120_000,
  });
  if (!ok) throw new Error(output);
  return JSON.parse(stdout);
}

function temporaryFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'chl-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

function corpus(rows: number): { readonly vectors: Float32Array; readonly queries: Float32Array } {
  const shape = { rows: rows + QUERIES, dimension: DIMENSION, clusters: 20, spread: 1 };
  const all = clusteredVectors(seededRandom(7), shape);
  return { vectors: all.slice(QUERIES * DIMENSION), queries: all.slice(0, QUERIES * DIMENSION) };
}

/** Not where there is no compiler: set-up said so. */
function nativeKernelsExist(): boolean {
  try {
    return openNativeScanKernels('native').walksGraphs;
  } catch {
    return false;
  }
}

type Searched = Pick<BackendIndex, 'search'>;

/** Share of the exact top 10 that an index finds. */
function recall(index: Searched, exact: Searched, queries: Float32Array): number {
  const [found, truth] = [index, exact].map((each) => each.search(queries, QUERIES, K).rows);
  let hits = 0;
  for (let at = 0; at < QUERIES * K; at += K) {
    const nearest = new Set(truth!.subarray(at, at + K));
    hits += found!.subarray(at, at + K).filter((row) => nearest.has(row)).length;
  }
  return hits / (QUERIES * K);
}
