import * as z from 'zod';
import { ChlError } from '../errors.ts';
import { BACKEND_NAMES, INDEX_KINDS } from '../ports/vector-backend.ts';
import type { BackendName, HnswParameters, IndexKind } from '../ports/vector-backend.ts';
import { decodeHeader, encodeHeader } from './file-header.ts';
import type { FileType } from './file-header.ts';

/**
 * One immutable segment as bytes: ids, vectors and, where the backend can give them, the bytes of
 * its own index. `docs/format.md` has the table. The whole file's SHA-256 is in the manifest and is
 * compared before anything here runs; the bounds are checked all the same.
 */
export const SEGMENT_FILE: FileType = { magic: 'CHLSEGMT', version: 1 };

/** Sections begin at multiples of this, so that typed arrays can view them without a copy. */
const ALIGNMENT_BYTES = 64;

const HeaderSchema = z.strictObject({
  kind: z.enum(INDEX_KINDS),
  backend: z.enum(BACKEND_NAMES),
  dimension: z.int().min(1).max(65_536),
  rows: z.int().min(0),
  hnsw: z.strictObject({ m: z.int().min(1), efConstruction: z.int().min(1), efSearch: z.int().min(1) }),
  fingerprint: z.string(),
  backendBytes: z.int().min(0),
});

export interface SegmentData {
  readonly kind: IndexKind;
  readonly backend: BackendName;
  readonly dimension: number;
  readonly hnsw: HnswParameters;
  /** Embedder fingerprint of the collection. */
  readonly fingerprint: string;
  /** Vector ids, strictly ascending; row r of everything else belongs to `ids[r]`. */
  readonly ids: Float64Array;
  /** ids.length × dimension, row-major, unit length. */
  readonly vectors: Float32Array;
  /** What `BackendIndex.serialize` gave; null where the index is made from the vectors at load. */
  readonly backendBytes: Uint8Array | null;
}

export function encodeSegment(data: SegmentData): Uint8Array {
  const header = encodeHeader(SEGMENT_FILE, {
    kind: data.kind,
    backend: data.backend,
    dimension: data.dimension,
    rows: data.ids.length,
    hnsw: data.hnsw,
    fingerprint: data.fingerprint,
    backendBytes: data.backendBytes?.length ?? 0,
  });
  const layout = layoutOf(header.length, data.ids.length, data.dimension, data.backendBytes?.length ?? 0);
  const bytes = new Uint8Array(layout.totalBytes);
  bytes.set(header, 0);
  bytes.set(bytesOf(data.ids), layout.idsAt);
  bytes.set(bytesOf(data.vectors), layout.vectorsAt);
  if (data.backendBytes !== null) bytes.set(data.backendBytes, layout.backendAt);
  return bytes;
}

/**
 * The arrays are views of `bytes`, which must not be changed afterwards.
 * @throws CORRUPT
 */
export function decodeSegment(bytes: Uint8Array): SegmentData {
  const { value, end } = decodeHeader(SEGMENT_FILE, bytes);
  const parsed = HeaderSchema.safeParse(value);
  if (!parsed.success) throw corrupt('has a header with wrong fields', parsed.error);
  const header = parsed.data;
  const layout = layoutOf(end, header.rows, header.dimension, header.backendBytes);
  if (layout.totalBytes !== bytes.length) {
    throw corrupt(`has ${bytes.length} bytes where its header asks for ${layout.totalBytes}`);
  }
  const aligned = bytes.byteOffset % Float64Array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  const at = (offset: number): number => aligned.byteOffset + offset;
  const ids = new Float64Array(aligned.buffer, at(layout.idsAt), header.rows);
  checkAscending(ids);
  return {
    kind: header.kind,
    backend: header.backend,
    dimension: header.dimension,
    hnsw: header.hnsw,
    fingerprint: header.fingerprint,
    ids,
    vectors: new Float32Array(aligned.buffer, at(layout.vectorsAt), header.rows * header.dimension),
    backendBytes: header.backendBytes === 0 ? null : aligned.subarray(layout.backendAt, layout.totalBytes),
  };
}

interface Layout {
  readonly idsAt: number;
  readonly vectorsAt: number;
  readonly backendAt: number;
  readonly totalBytes: number;
}

function layoutOf(headerEnd: number, rows: number, dimension: number, backendBytes: number): Layout {
  const idsAt = align(headerEnd);
  const vectorsAt = align(idsAt + rows * Float64Array.BYTES_PER_ELEMENT);
  const backendAt = align(vectorsAt + rows * dimension * Float32Array.BYTES_PER_ELEMENT);
  return { idsAt, vectorsAt, backendAt, totalBytes: backendAt + backendBytes };
}

const align = (offset: number): number => Math.ceil(offset / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;

const bytesOf = (array: Float64Array | Float32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function checkAscending(ids: Float64Array): void {
  let previous = 0;
  for (const id of ids) {
    if (!Number.isSafeInteger(id) || id <= previous) throw corrupt('has ids that do not ascend');
    previous = id;
  }
}

const corrupt = (what: string, cause?: unknown): ChlError =>
  new ChlError('CORRUPT', `The segment file ${what}.`, { operation: 'snapshot.segment', cause });
