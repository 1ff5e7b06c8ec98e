import type { BackendIndex, IndexParameters, VectorBackend } from '../../../src/core/ports/vector-backend.ts';
import { FlatIndex } from '../flat/flat-index.ts';
import { HnswGraph } from './hnsw-graph.ts';
import { HnswIndex } from './hnsw-index.ts';

/** One insertion takes about 1 ms; after this many the event loop gets a turn. */
const ROWS_PER_TURN = 16;

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * HNSW where FAISS is not: the same bytes of WebAssembly on Node and Deno. About 1,000 insertions a
 * second and 0.7 ms a search among 5,000 rows of 384 dimensions.
 *
 * Its `flat` is the scan of the `flat` backend: the library's own brute force is scalar code over a
 * copy of the vectors, takes 0.57 µs a row and is no faster.
 */
export const hnswlibWasmBackend: VectorBackend = {
  name: 'hnswlib-wasm',
  capabilities: {
    kinds: ['flat', 'hnsw'],
    // Not on the edge: its bindings are made with `new Function`, its module is compiled at run time.
    runtimes: ['node', 'deno'],
    nativeCode: false,
    serializable: true,
  },

  build: async (vectors, parameters) =>
    parameters.kind === 'flat'
      ? new FlatIndex(vectors, parameters.dimension)
      : buildGraph(vectors, parameters),

  load: async (bytes, vectors, parameters) =>
    parameters.kind === 'flat'
      ? new FlatIndex(vectors, parameters.dimension)
      : loadGraph(bytes, vectors, parameters),

  linksOf: () => null,
};

async function buildGraph(vectors: Float32Array, parameters: IndexParameters): Promise<BackendIndex> {
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
}

async function loadGraph(
  bytes: Uint8Array,
  vectors: Float32Array,
  parameters: IndexParameters,
): Promise<BackendIndex> {
  const rowCount = vectors.length / parameters.dimension;
  return new HnswIndex(
    await HnswGraph.fromBytes(bytes, rowCount, parameters),
    rowCount,
    parameters.dimension,
  );
}
