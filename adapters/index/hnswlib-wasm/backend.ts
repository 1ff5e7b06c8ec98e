import type { VectorBackend } from '../../../src/core/ports/vector-backend.ts';
import { HnswGraph } from './hnsw-graph.ts';
import { HnswIndex } from './hnsw-index.ts';

/** One insertion takes about 1 ms; after this many the event loop gets a turn. */
const ROWS_PER_TURN = 16;

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * HNSW where FAISS is not: the same bytes of WebAssembly on Node and Deno. About 1,000 insertions a
 * second and 0.7 ms a search among 5,000 rows of 384 dimensions.
 *
 * No `flat`: the library's brute-force index is scalar code over a copy of the vectors, no faster
 * (0.57 µs a row) than the `flat` backend, which serves that kind.
 */
export const hnswlibWasmBackend: VectorBackend = {
  name: 'hnswlib-wasm',
  capabilities: {
    kinds: ['hnsw'],
    // Not on the edge: its bindings are made with `new Function`, its module is compiled at run time.
    runtimes: ['node', 'deno'],
    nativeCode: false,
    batchGainFrom: 1,
    serializable: true,
  },

  async build(vectors, parameters) {
    const { dimension } = parameters;
    const rowCount = vectors.length / dimension;
    const graph = await HnswGraph.create(rowCount, parameters);
    try {
      for (let row = 0; row < rowCount; row += 1) {
        graph.add(vectors.subarray(row * dimension, (row + 1) * dimension), row);
        if (row % ROWS_PER_TURN === ROWS_PER_TURN - 1) await nextTurn();
      }
    } catch (error) {
      graph.close();
      throw error;
    }
    return new HnswIndex(graph, rowCount, dimension);
  },

  async load(bytes, vectors, parameters) {
    const rowCount = vectors.length / parameters.dimension;
    return new HnswIndex(
      await HnswGraph.fromBytes(bytes, rowCount, parameters),
      rowCount,
      parameters.dimension,
    );
  },
};
