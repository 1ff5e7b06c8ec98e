import { flatBackend } from '../../adapters/index/flat/backend.ts';
import { openFaissBackend } from '../../adapters/index/faiss-node/backend.ts';
import { MemoryFiles } from '../../adapters/files/memory/memory-files.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { Bm25Index } from '../../adapters/text/bm25/bm25-index.ts';
import { Collection } from '../../src/core/engine/collection.ts';
import { dot } from '../../src/core/engine/distance.ts';
import { TopK } from '../../src/core/engine/top-k.ts';
import { asEntryKey } from '../../src/core/ids.ts';
import type { IndexKind, VectorBackend } from '../../src/core/ports/vector-backend.ts';
import { InlineBuilder } from '../../src/core/snapshot/inline-builder.ts';
import { searchFor, testSpec } from '../../tests/support/collection-fixture.ts';
import { joined, MemorySource } from '../../tests/support/memory-source.ts';
import { RecordingLogger } from '../../tests/support/recording-logger.ts';
import type { VectorData } from './data.ts';

export interface Scenario {
  readonly backend: 'faiss-node' | 'flat';
  readonly kind: IndexKind;
  /** Share of rows that are deleted after the build, 0–1. */
  readonly tombstones: number;
}

/** Categories by the share of documents that they hold. */
export const FILTERS: Readonly<Record<string, string | null>> = {
  none: null,
  '0.1 %': 'ONE',
  '3 %': 'THREE',
  '30 %': 'THIRTY',
};

const BATCH_ROWS = 1_000;
/** Recall of a near-duplicate counts by its score: it is as good an answer. */
const SAME_SCORE = 1e-5;

const categoryOf = (row: number): string => {
  const place = row % 1_000;
  if (place === 0) return 'ONE';
  if (place <= 30) return 'THREE';
  return place <= 330 ? 'THIRTY' : 'REST';
};

const open = { flat: () => flatBackend, 'faiss-node': (): VectorBackend => openFaissBackend() };

/** A collection of one merged segment, and an exact scan to judge it by. */
export class EngineWorld {
  readonly buildSeconds: number;
  readonly bytesPerVector: number;
  readonly #collection: Collection;
  readonly #data: VectorData;
  readonly #dead: ReadonlySet<number>;

  private constructor(
    collection: Collection,
    data: VectorData,
    dead: ReadonlySet<number>,
    figures: { readonly buildSeconds: number; readonly bytesPerVector: number },
  ) {
    this.#collection = collection;
    this.#data = data;
    this.#dead = dead;
    this.buildSeconds = figures.buildSeconds;
    this.bytesPerVector = figures.bytesPerVector;
  }

  static async open(data: VectorData, { backend: name, kind, tombstones }: Scenario): Promise<EngineWorld> {
    const { dimension, base } = data;
    const [files, source, backend] = [new MemoryFiles(), new MemorySource(dimension), open[name]()];
    const spec = testSpec({
      dimension,
      indexKind: kind,
      hnsw: { m: 32, efConstruction: 200, efSearch: 64 },
      rebuildThreshold: 0.99,
      savePolicy: 'manual',
    });
    const collection = new Collection({
      spec,
      files,
      source,
      backends: [{ name, load: async () => backend }],
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
    const rows = base.length / dimension;
    for (let from = 0; from < rows; from += BATCH_ROWS) {
      const batch = Array.from({ length: Math.min(BATCH_ROWS, rows - from) }, (_, at) =>
        source.create({
          category: categoryOf(from + at),
          vector: base.slice((from + at) * dimension, (from + at + 1) * dimension),
        }),
      );
      await collection.apply(joined(batch));
    }
    const { durationMs } = await collection.rebuild();
    const { segments } = await collection.status();
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    const dead = new Set(
      Array.from({ length: rows }, (_, row) => row).filter(
        (row) => (row * 7919) % 1_000 < tombstones * 1_000,
      ),
    );
    if (dead.size > 0) {
      const deletes = Array.from(dead, (row) => source.delete(asEntryKey(row + 1)));
      await collection.apply(joined(deletes));
    }
    return new EngineWorld(collection, data, dead, {
      buildSeconds: durationMs / 1000,
      bytesPerVector: bytes / rows,
    });
  }

  /** @param inFlight searches asked in one turn, which the engine takes as one batch */
  async millisecondsPerQuery(filter: string, inFlight: number, queries: number): Promise<number> {
    const startedMs = performance.now();
    let asked = 0;
    for (; asked < queries; asked += inFlight) {
      await Promise.all(Array.from({ length: inFlight }, (_, at) => this.#search(filter, asked + at)));
    }
    return (performance.now() - startedMs) / asked;
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
    for (let row = 0; row * dimension < base.length; row += 1) {
      if (this.#dead.has(row) || (category !== null && categoryOf(row) !== category)) continue;
      best.offer(dot(vector, 0, base, row * dimension, dimension), row);
    }
    return best.takeRanked().scores;
  }
}
