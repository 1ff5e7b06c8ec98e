import assert from 'node:assert/strict';
import { hnswlibWasmBackend } from '../../../adapters/index/hnswlib-wasm/backend.ts';
import { ChlError } from '../../../src/core/errors.ts';
import type { IndexParameters } from '../../../src/core/ports/vector-backend.ts';
import type { Registrar } from '../../conformance/registrar.ts';
import { clusteredVectors, seededRandom } from '../../support/random-vectors.ts';

const parameters: IndexParameters = {
  kind: 'hnsw',
  dimension: 16,
  hnsw: { m: 8, efConstruction: 50, efSearch: 20 },
};
const vectors = clusteredVectors(seededRandom(1), { rows: 100, dimension: 16, clusters: 5, spread: 0.5 });

/** What a process that lends its globals to a browser library would miss if it went wrong. */
export function hnswlibWasmTests(registrar: Registrar): void {
  registrar.test('hnswlib-wasm: leaves no global behind and prints nothing', async () => {
    const globalsBefore = globalDescriptors();
    const printed: unknown[] = [];
    const original = globalThis.console;
    const record = (...line: unknown[]): void => void printed.push(line);
    globalThis.console = { ...original, log: record, warn: record, error: record };
    try {
      const index = await hnswlibWasmBackend.build(vectors, parameters);
      const loaded = await hnswlibWasmBackend.load(await index.serialize(), vectors, parameters);
      loaded.search(vectors.slice(0, 16), 1, 3);
      index.close();
      loaded.close();
    } finally {
      globalThis.console = original;
    }
    assert.deepEqual(printed, []);
    assert.deepEqual(globalDescriptors(), globalsBefore);
  });

  registrar.test('hnswlib-wasm: bytes that are no graph are CORRUPT', async () => {
    const isCorrupt = (error: unknown): boolean => error instanceof ChlError && error.code === 'CORRUPT';
    await assert.rejects(hnswlibWasmBackend.load(new Uint8Array(1000), vectors, parameters), isCorrupt);
    await assert.rejects(hnswlibWasmBackend.load(new Uint8Array(0), vectors, parameters), isCorrupt);
  });

  registrar.test('hnswlib-wasm: a graph of other rows is CORRUPT', async () => {
    const index = await hnswlibWasmBackend.build(vectors.slice(0, 16 * 50), parameters);
    const bytes = await index.serialize();
    index.close();
    await assert.rejects(hnswlibWasmBackend.load(bytes, vectors, parameters), { code: 'CORRUPT' });
  });

  registrar.test('hnswlib-wasm: many graphs at once do not mix', async () => {
    const graphs = await Promise.all(
      [10, 20, 30].map(async (rows) => {
        const own = vectors.slice(0, rows * 16);
        const index = await hnswlibWasmBackend.build(own, parameters);
        return hnswlibWasmBackend.load(await index.serialize(), own, parameters);
      }),
    );
    assert.deepEqual(
      graphs.map((graph) => graph.rowCount),
      [10, 20, 30],
    );
    for (const graph of graphs) {
      assert.equal(
        Math.max(...graph.search(vectors.slice(0, 16), 1, graph.rowCount).rows),
        graph.rowCount - 1,
      );
      graph.close();
    }
  });
}

/** Names with what they are bound to; `console` and timers included. */
function globalDescriptors(): unknown[] {
  return Object.getOwnPropertyNames(globalThis)
    .toSorted()
    .map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)?.value]);
}
