import type { HnswLinks } from '../../../src/core/ports/vector-backend.ts';
import { checkStoredHnsw, COMMON_HEADER_BYTES, corrupt, HNSW_TAIL_BYTES } from './layout.ts';

const INT32_BYTES = 4;
const UINT64_BYTES = 8;
const FLOAT64_BYTES = 8;

/**
 * The links in a serialised `IndexHNSWFlat` (faiss/impl/index_write.cpp, `write_HNSW`), as views of it. Between
 * its header and the fields that `layout.ts` lists it has five arrays, each after its length as uint64:
 *
 *     share of rows by layer     float64, of no use here
 *     links of a row, summed     int32 by layer: 0, 2m, 3m, …
 *     layers                     int32 by row, of no use here
 *     first link                 uint64 by row, and the end
 *     links                      int32
 *
 * then the row where a search enters and the top layer, int32 each.
 *
 * @param graph what `serialize` gave
 * @throws CORRUPT when it is no graph of so many rows
 */
export function storedLinks(graph: Uint8Array, rowCount: number, dimension: number): HnswLinks {
  checkStoredHnsw(graph, rowCount, dimension);
  const end = graph.length - HNSW_TAIL_BYTES;
  const reader = new ArrayReader(graph, COMMON_HEADER_BYTES, end);
  reader.next(FLOAT64_BYTES);
  const layerStarts = int32s(reader.next(INT32_BYTES));
  const layers = reader.next(INT32_BYTES);
  const starts = reader.next(UINT64_BYTES);
  const links = reader.next(INT32_BYTES);
  const fits = layers.length === INT32_BYTES * rowCount && starts.length === UINT64_BYTES * (rowCount + 1);
  const view = new DataView(graph.buffer, graph.byteOffset, graph.byteLength);
  if (!fits || reader.at !== end - 2 * INT32_BYTES) throw corrupt();
  const entryRow = view.getInt32(reader.at, true);
  const topLayer = view.getInt32(reader.at + INT32_BYTES, true);
  if (!(entryRow >= 0 && entryRow < rowCount && topLayer >= 0 && topLayer < layerStarts.length - 1)) {
    throw corrupt();
  }
  return { starts, links, layerStarts, entryRow, topLayer };
}

class ArrayReader {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;

  constructor(bytes: Uint8Array, from: number, end: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = from;
    this.#end = end;
  }

  next(elementBytes: number): Uint8Array {
    if (this.at + UINT64_BYTES > this.#end) throw corrupt();
    const length = Number(this.#view.getBigUint64(this.at, true)) * elementBytes;
    const from = this.at + UINT64_BYTES;
    if (!(length <= this.#end - from)) throw corrupt();
    this.at = from + length;
    return this.#bytes.subarray(from, this.at);
  }
}

const int32s = (bytes: Uint8Array): Int32Array => new Int32Array(new Uint8Array(bytes).buffer);
