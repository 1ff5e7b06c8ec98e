import type { BackendIndex, IndexParameters } from '../../../src/core/ports/vector-backend.ts';
import type { FaissContext } from './backend.ts';
import { FaissIndex } from './faiss-index.ts';
import { checkStoredFlat, flatHeader } from './layout.ts';
import { withScratchFile, writeParts } from './scratch-file.ts';

/** `IndexFlatIP`: scans every row; exact. */
export async function buildFlat(
  { native, scratchDirectory }: FaissContext,
  vectors: Float32Array,
  { dimension }: IndexParameters,
): Promise<BackendIndex> {
  const rowCount = vectors.length / dimension;
  const header = flatHeader(rowCount, dimension);
  return await withScratchFile(scratchDirectory, async (path) => {
    await writeParts(path, [header, vectors]);
    return new FaissIndex(native.Index.read(path), {
      rowCount,
      dimension,
      memoryBytes: vectors.byteLength,
      // The rows that follow are the vectors, which the caller of `load` has: storing them twice,
      // and hashing them twice at every start, would gain nothing.
      serialize: () => Promise.resolve(header.slice()),
    });
  });
}

export async function loadFlat(
  context: FaissContext,
  bytes: Uint8Array,
  vectors: Float32Array,
  parameters: IndexParameters,
): Promise<BackendIndex> {
  checkStoredFlat(bytes, vectors.length / parameters.dimension, parameters.dimension);
  return await buildFlat(context, vectors, parameters);
}
