import { ChlError } from '../../../src/core/errors.ts';
import type { HnswParameters } from '../../../src/core/ports/vector-backend.ts';
import type { FaissNative } from './native.ts';

/**
 * FAISS's serialised form, where we read and write it ourselves (faiss/impl/index_write.cpp; the
 * same from 1.7 to 1.11, little-endian):
 *
 *     IndexFlatIP   0  "IxFI"                     IndexHNSWFlat   "IHNf", the same 37 bytes, then the graph,
 *                   4  dimension     int32                        whose last fields are
 *                   8  rows          int64                          efConstruction  int32
 *                  16  2^20 twice    int64, unused                  efSearch        int32
 *                  32  trained       uint8                          upper beam      int32, unused
 *                  33  metric        int32                        then its storage: an IndexFlatIP
 *                  37  floats        uint64
 *                  45  rows × dimension float32
 *
 * Why at all: the binding takes rows as plain arrays only (1 s for 31,000 × 384; by file 0.05 s), and
 * cannot set the two `ef` parameters, without which recall@10 stops at 0.92.
 */
export const METRIC_INNER_PRODUCT = 0;
export const FLAT_HEADER_BYTES = 45;

export const COMMON_HEADER_BYTES = 37;
const EF_SEARCH_BEFORE_STORAGE_BYTES = 8;
/** The two `ef`, the upper beam, and the header of the storage. */
export const HNSW_TAIL_BYTES = 4 + EF_SEARCH_BEFORE_STORAGE_BYTES + FLAT_HEADER_BYTES;
const EF_CONSTRUCTION_DEFAULT = 40;
const EF_SEARCH_DEFAULT = 16;

/** What precedes the rows of an `IndexFlatIP`. */
export function flatHeader(rowCount: number, dimension: number): Uint8Array {
  const bytes = commonHeader('IxFI', rowCount, dimension, FLAT_HEADER_BYTES);
  new DataView(bytes.buffer).setBigUint64(COMMON_HEADER_BYTES, BigInt(rowCount * dimension), true);
  return bytes;
}

/** An empty serialised `IndexHNSWFlat`, as FAISS makes it, with other parameters. */
export function tuneEmptyHnsw(empty: Uint8Array, { efConstruction, efSearch }: HnswParameters): Uint8Array {
  const tuned = empty.slice();
  const view = new DataView(tuned.buffer);
  const efSearchAt = efSearchOffset(tuned);
  const pairs = countPairs(view, EF_CONSTRUCTION_DEFAULT, EF_SEARCH_DEFAULT);
  if (pairs !== 1 || view.getInt32(efSearchAt, true) !== EF_SEARCH_DEFAULT) throw unknownLayout();
  view.setInt32(efSearchAt - 4, efConstruction, true);
  view.setInt32(efSearchAt, efSearch, true);
  return tuned;
}

/**
 * Makes a stored graph ready to be read: checks that it is one of these rows, and sets the breadth of
 * its search as it is configured now.
 * @param graph all of a serialised `IndexHNSWFlat` but its rows
 * @throws CORRUPT
 */
export function tuneStoredHnsw(
  graph: Uint8Array,
  rowCount: number,
  dimension: number,
  efSearch: number,
): Uint8Array {
  checkStoredHnsw(graph, rowCount, dimension);
  const tuned = graph.slice();
  new DataView(tuned.buffer).setInt32(efSearchOffset(tuned), efSearch, true);
  return tuned;
}

/** @throws CORRUPT when it does not begin and end as a graph of these rows does */
export function checkStoredHnsw(graph: Uint8Array, rowCount: number, dimension: number): void {
  const isWhole =
    efSearchOffset(graph) > COMMON_HEADER_BYTES &&
    startsWith(graph, commonHeader('IHNf', rowCount, dimension, COMMON_HEADER_BYTES)) &&
    startsWith(graph.subarray(-FLAT_HEADER_BYTES), flatHeader(rowCount, dimension));
  if (!isWhole) throw corrupt();
}

/** @throws CORRUPT when these are not the bytes that `flatHeader` made for these rows */
export function checkStoredFlat(header: Uint8Array, rowCount: number, dimension: number): void {
  const expected = flatHeader(rowCount, dimension);
  if (header.length !== expected.length || !startsWith(header, expected)) throw corrupt();
}

/**
 * Compares this page with what the loaded library really writes, before any index depends on it.
 * @throws UNAVAILABLE when it writes something else
 */
export function probeLayout(native: FaissNative): void {
  const flat = new native.IndexFlatIP(2);
  flat.add([1, 2, 3, 4]);
  const rows = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const isKnown = startsWith(flat.toBuffer(), Uint8Array.of(...flatHeader(2, 2), ...rows));
  if (!isKnown) throw unknownLayout();
  const empty = native.Index.fromFactory(2, 'HNSW8,Flat', METRIC_INNER_PRODUCT).toBuffer();
  tuneEmptyHnsw(empty, { m: 8, efConstruction: 100, efSearch: 50 });
  tuneStoredHnsw(empty, 0, 2, 50);
}

function commonHeader(fourCc: string, rowCount: number, dimension: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(fourCc));
  view.setInt32(4, dimension, true);
  view.setBigInt64(8, BigInt(rowCount), true);
  view.setBigInt64(16, 1n << 20n, true);
  view.setBigInt64(24, 1n << 20n, true);
  view.setUint8(32, 1);
  view.setInt32(33, METRIC_INNER_PRODUCT, true);
  return bytes;
}

const efSearchOffset = (graph: Uint8Array): number =>
  graph.length - FLAT_HEADER_BYTES - EF_SEARCH_BEFORE_STORAGE_BYTES;

function countPairs(view: DataView, first: number, second: number): number {
  let count = 0;
  for (let at = 0; at + 8 <= view.byteLength; at += 1) {
    if (view.getInt32(at, true) === first && view.getInt32(at + 4, true) === second) count += 1;
  }
  return count;
}

const startsWith = (bytes: Uint8Array, prefix: Uint8Array): boolean =>
  bytes.length >= prefix.length && prefix.every((byte, at) => bytes[at] === byte);

export const corrupt = (): ChlError =>
  new ChlError('CORRUPT', 'The stored FAISS index does not belong to its vectors.', {
    operation: 'faiss.load',
  });

const unknownLayout = (): ChlError =>
  new ChlError('UNAVAILABLE', 'This version of FAISS stores its indexes in an unknown layout.', {
    hint: 'FAISS 1.7 to 1.11 are known. Choose CHL_INDEX_BACKEND=hnswlib-wasm.',
    operation: 'faiss.probe',
  });
