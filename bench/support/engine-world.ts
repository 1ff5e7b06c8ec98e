import process from 'node:process';
import { flatBackend } from '../../adapters/index/flat/backend.ts';
import { openFaissBackend } from '../../adapters/index/faiss-node/backend.ts';
import { hnswlibWasmBackend } from '../../adapters/index/hnswlib-wasm/backend.ts';
import { MemoryFiles } from '../../adapters/files/memory/memory-files.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { openNativeScanKernels } from '../../adapters/scan-kernel/native-scan-kernels.ts';
import { Bm25Index } from '../../adapters/text/bm25/bm25-index.ts';
import { Collection } from '../../src/core/engine/collection.ts';
import { dot } from '../../src/core/engine/distance.ts';
import { TopK } from '../../src/core/engine/top-k.ts';
import { asEntryKey } from '../../src/core/ids.ts';
import type { ScanKernelChoice } from '../../src/core/ports/scan-kernel.ts';
import type { BackendName, IndexKind, VectorBackend } from '../../src/core/ports/vector-backend.ts';
import { InlineBuilder } from '../../src/core/snapshot/inline-builder.ts';
import { searchFor, testSpec } from '../../tests/support/collection-fixture.ts';
import { joined, MemorySource } from '../../tests/support/memory-source.ts';
import { RecordingLogger } from '../../tests/support/recording-logger.ts';
import type { VectorData } from './data.ts';

// OpenMP and OpenBLAS read it when FAISS is loaded; the index process has one thread, too.
process.env['OMP_NUM_THREADS'] = '1';
process.env['OPENBLAS_NUM_THREADS'] = '1';

export interface Scenario {
  readonly backend: BackendName;
  readonly kind: IndexKind;
  /** `one`, merged; or as an import leaves them, before a merge of the largest. */
  readonly segments: 'one' | 'many';
  /** The service's default when left out. */
  readonly scanKernel?: ScanKernelChoice;
  /** Rows imported at the opening; all when left out. The rest is for `grow`. */
  readonly rows?: number;
}

/** Categories by the share of documents that they hold. */
export const FILTERS: Readonly<Record<string, string | null>> = {
  none: null,
  '0.1 %': 'ONE',
  '3 %': 'THREE',
  '30 %': 'THIRTY',
};

const BATCH_ROWS = 1_000;
/** The service's default. */
const HNSW_MIN_VECTORS = 16_000;
/** Recall of a near-duplicate counts by its score: it is as good an answer. */
const SAME_SCORE = 1e-5;

const categoryOf = (row: number): string => {
  const place = row % 1_000;
  if (place === 0) return 'ONE';
  if (place <= 30) return 'THREE';
  return place <= 330 ? 'THIRTY' : 'REST';
};

const open: Readonly<Record<BackendName, () => VectorBackend | Promise<VectorBackend>>> = {
  flat: () => flatBackend,
  'faiss-node': () => openFaissBackend(),
  'hnswlib-wasm': () => hnswlibWasmBackend,
};

/** A collection, and an exact scan to judge it by. */
export class EngineWorld {
  readonly #collection: Collection;
  readonly #source: MemorySource;
  readonly #data: VectorData;
  readonly #dead = new Set<number>();
  #rows = 0;
  /** What building the one segment took; null where there are many. */
  buildSeconds: number | null = null;

  private constructor(collection: Collection, source: MemorySource, data: VectorData) {
    this.#collection = collection;
    this.#source = source;
    this.#data = data;
  }

  static async open(data: VectorData, scenario: Scenario): Promise<EngineWorld> {
    const { backend: name, kind, segments, rows, scanKernel = 'auto' } = scenario;
    const { dimension } = data;
    const [files, source, backend] = [new MemoryFiles(), new MemorySource(dimension), await open[name]()];
    const spec = testSpec({
      dimension,
      // Many: each segment of the kind that its size gets in the service.
      indexKind: segments === 'one' ? kind : 'auto',
      hnswMinVectors: HNSW_MIN_VECTORS,
      scanKernel,
      hnsw: { m: 32, efConstruction: 200, efSearch: 96 },
      rebuildThreshold: 0.99,
      savePolicy: 'manual',
    });
    const collection = new Collection({
      spec,
      files,
      source,
      backends: [{ name, load: async () => backend }],
      nativeKernels: openNativeScanKernels,
      createTextIndex: () => new Bm25Index(),
      builder: new InlineBuilder({
        files,
        source,
        fingerprint: spec.fingerprint,
        backend: async () => backend,
      }),
      clock: systemClock,
      logger: new RecordingLogger(),
    });
    await collection.opened;
    const world = new EngineWorld(collection, source, data);
    await world.grow(rows ?? data.base.length / dimension);
    if (segments === 'one') world.buildSeconds = (await collection.rebuild()).durationMs / 1000;
    else await world.settled();
    return world;
  }

  /** One segment of everything, of the kind that its size gets. */
  async rebuild(): Promise<void> {
    await this.#collection.rebuild();
  }

  /** Sealed segments as `kind rows`, and what grows. */
  async segments(): Promise<string> {
    const { segments, growing } = await this.#collection.status();
    const counts = new Map<string, number>();
    for (const { kind, rows } of segments) {
      const name = `${kind} ${rows}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const sealed = [...counts].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`));
    return [...sealed, ...(growing.rows > 0 ? [`growing ${growing.rows}`] : [])].join(', ');
  }

  async bytesPerVector(): Promise<number> {
    const { segments, vectors, tombstones } = await this.#collection.status();
    return segments.reduce((sum, segment) => sum + segment.bytes, 0) / (vectors + tombstones);
  }

  async segmentCount(): Promise<number> {
    const { segments, growing } = await this.#collection.status();
    return segments.length + (growing.rows > 0 ? 1 : 0);
  }

  /** Deletes until this share of the rows is dead. @param share 0–1, not less than before */
  async bury(share: number): Promise<void> {
    const rows = Array.from({ length: this.#rows }, (_, row) => row).filter(
      (row) => (row * 7919) % 1_000 < share * 1_000 && !this.#dead.has(row),
    );
    for (const row of rows) this.#dead.add(row);
    if (rows.length === 0) return;
    await this.#collection.apply(joined(rows.map((row) => this.#source.delete(asEntryKey(row + 1)))));
  }

  /** Imports until there are `rows` rows. */
  async grow(rows: number): Promise<void> {
    const { base, dimension } = this.#data;
    for (let from = this.#rows; from < rows; from += BATCH_ROWS) {
      const batch = Array.from({ length: Math.min(BATCH_ROWS, rows - from) }, (_, at) =>
        this.#source.create({
          category: categoryOf(from + at),
          vector: base.slice((from + at) * dimension, (from + at + 1) * dimension),
        }),
      );
      await this.#collection.apply(joined(batch));
    }
    this.#rows = Math.max(this.#rows, rows);
  }

  /** Until seals and merges have nothing left to do. */
  async settled(): Promise<void> {
    for (let quiet = 0, before = ''; quiet < 5;) {
      const now = JSON.stringify((await this.#collection.status()).segments);
      quiet = now === before ? quiet + 1 : 0;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** @param inFlight searches asked in one turn, which the engine takes as one batch */
  async millisecondsPerQuery(filter: string, inFlight: number, queries: number): Promise<number> {
    const startedMs = performance.now();
    const asked = await this.#ask(filter, inFlight, queries);
    return (performance.now() - startedMs) / asked;
  }

  /** The same by processor time, which other work on the machine hardly disturbs. */
  async cpuMillisecondsPerQuery(filter: string, inFlight: number, queries: number): Promise<number> {
    const before = process.cpuUsage();
    const asked = await this.#ask(filter, inFlight, queries);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / asked;
  }

  async #ask(filter: string, inFlight: number, queries: number): Promise<number> {
    let asked = 0;
    for (; asked < queries; asked += inFlight) {
      await Promise.all(Array.from({ length: inFlight }, (_, at) => this.#search(filter, asked + at)));
    }
    return asked;
  }

  async recallAt10(filter: string, queries: number): Promise<number> {
    let found = 0;
    let wanted = 0;
    for (let query = 0; query < queries; query += 1) {
      const exact = this.#exactScores(filter, query);
      const { scores } = await this.#search(filter, query);
      const worst = exact.at(-1)! - SAME_SCORE;
      found += scores.filter((score) => score >= worst).length;
      wanted += exact.length;
    }
    return found / wanted;
  }

  close(): Promise<void> {
    return this.#collection.close();
  }

  #search(filter: string, query: number) {
    const category = FILTERS[filter] ?? null;
    return this.#collection.search(
      searchFor({
        vector: this.#queryVector(query),
        filter: category === null ? {} : { category },
        limit: 10,
      }),
    );
  }

  #queryVector(query: number): Float32Array {
    const { dimension, queries } = this.#data;
    const start = (query * dimension) % queries.length;
    return queries.slice(start, start + dimension);
  }

  #exactScores(filter: string, query: number): Float32Array {
    const { base, dimension } = this.#data;
    const category = FILTERS[filter] ?? null;
    const vector = this.#queryVector(query);
    const best = new TopK(10);
    for (let row = 0; row < this.#rows; row += 1) {
      if (this.#dead.has(row) || (category !== null && categoryOf(row) !== category)) continue;
      best.offer(dot(vector, 0, base, row * dimension, dimension), row);
    }
    return best.takeRanked().scores;
  }
}
