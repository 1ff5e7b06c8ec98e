import type { BackendIndex, IndexParameters } from '../../../src/core/ports/vector-backend.ts';
import { FlatIndex } from '../flat/flat-index.ts';
import type { FaissContext } from './backend.ts';
import { FaissIndex, plainArray } from './faiss-index.ts';
import { HnswIndex } from './hnsw-index.ts';
import { METRIC_INNER_PRODUCT, tuneEmptyHnsw, tuneStoredHnsw } from './layout.ts';
import type { NativeIndex } from './native.ts';
import { readAllBut, withScratchFile, writeParts } from './scratch-file.ts';

/** About 0.1 s of building; then the event loop gets a turn. */
const ROWS_PER_TURN = 256;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** `IndexHNSWFlat` by inner product, with the construction and search breadth that is asked for. */
export async function buildHnsw(
  context: FaissContext,
  vectors: Float32Array,
  parameters: IndexParameters,
): Promise<BackendIndex> {
  const { dimension, hnsw } = parameters;
  const { Index } = context.native;
  const empty = Index.fromFactory(dimension, `HNSW${hnsw.m},Flat`, METRIC_INNER_PRODUCT).toBuffer();
  const index = Index.fromBuffer(Buffer.from(tuneEmptyHnsw(empty, hnsw)));
  const floatsPerTurn = ROWS_PER_TURN * dimension;
  for (let at = 0; at < vectors.length; at += floatsPerTurn) {
    index.add(plainArray(vectors.subarray(at, at + floatsPerTurn)));
    await nextTurn();
  }
  return hnswIndex(context, index, vectors, parameters);
}

/** @param graph what `serialize` gave: the index without its rows */
export async function loadHnsw(
  context: FaissContext,
  graph: Uint8Array,
  vectors: Float32Array,
  parameters: IndexParameters,
): Promise<BackendIndex> {
  const { dimension, hnsw } = parameters;
  const tuned = tuneStoredHnsw(graph, vectors.length / dimension, dimension, hnsw.efSearch);
  return await withScratchFile(context.scratchDirectory, async (path) => {
    await writeParts(path, [tuned, vectors]);
    return hnswIndex(context, context.native.Index.read(path), vectors, parameters);
  });
}

function hnswIndex(
  { scratchDirectory }: FaissContext,
  index: NativeIndex,
  vectors: Float32Array,
  { dimension, hnsw }: IndexParameters,
): BackendIndex {
  const rowCount = vectors.length / dimension;
  const rowBytes = vectors.byteLength;
  const graph = new FaissIndex(index, {
    rowCount,
    dimension,
    memoryBytes: rowBytes + graphBytes(rowCount, hnsw.m),
    // The rows end the file, and the caller of `load` has them.
    serialize: (native) =>
      withScratchFile(scratchDirectory, async (path) => {
        native.write(path);
        return await readAllBut(path, rowBytes);
      }),
  });
  return new HnswIndex(graph, new FlatIndex(vectors, dimension), hnsw.efSearch);
}

/** Per row: 2m links on level 0, m for each of 1 / (m - 1) further levels, an offset and a level. */
const graphBytes = (rowCount: number, m: number): number =>
  Math.round(rowCount * (4 * (2 * m + m / (m - 1)) + 8 + 4));
