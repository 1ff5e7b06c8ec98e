import type { ChangeMark } from '../ports/index-source.ts';
import { asSeq } from '../ids.ts';
import { crc32c } from './checksum.ts';

/**
 * One group of changes in the growing log: the vectors it added and those it killed. Integers are
 * unsigned and little-endian, seqs and vector ids float64 (exact up to 2^53).
 *
 *     0   4  length of the body, in bytes
 *     4   4  CRC-32C of the length and the body
 *     8      body:
 *         8  afterSeq: the record holds every change in (afterSeq, lastSeq]
 *         8  lastSeq
 *         4  bytes of the nonce (n)
 *         4  number of vectors added (a)
 *         4  number of vectors removed (r)
 *         n  nonce of the change lastSeq, UTF-8
 *        8a  ids added, in order of arrival
 *   4·a·dim  their vectors, float32, row-major
 *        8r  ids removed
 */
export interface LogRecord {
  readonly after: ChangeMark['seq'];
  readonly last: ChangeMark;
  /** Vector ids added, in order of arrival. */
  readonly added: Float64Array;
  /** added.length × dimension, row-major. */
  readonly vectors: Float32Array;
  /** Vector ids that died: of sealed rows or of growing ones. */
  readonly removed: Float64Array;
}

const FRAME_BYTES = 8;
const FIXED_BODY_BYTES = 28;

export function encodeRecord(record: LogRecord): Uint8Array {
  const nonce = new TextEncoder().encode(record.last.nonce);
  const bodyBytes =
    FIXED_BODY_BYTES +
    nonce.length +
    record.added.byteLength +
    record.vectors.byteLength +
    record.removed.byteLength;
  const bytes = new Uint8Array(FRAME_BYTES + bodyBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bodyBytes, true);
  view.setFloat64(8, record.after, true);
  view.setFloat64(16, record.last.seq, true);
  view.setUint32(24, nonce.length, true);
  view.setUint32(28, record.added.length, true);
  view.setUint32(32, record.removed.length, true);
  let at = FRAME_BYTES + FIXED_BODY_BYTES;
  for (const part of [nonce, record.added, record.vectors, record.removed]) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  view.setUint32(4, recordCrc(bytes), true);
  return bytes;
}

export interface DecodedRecord {
  readonly record: LogRecord;
  /** Where the next record begins. */
  readonly end: number;
}

/** The record at `offset`, or null when there is no whole and undamaged one. */
export function decodeRecord(log: Uint8Array, offset: number, dimension: number): DecodedRecord | null {
  if (offset + FRAME_BYTES + FIXED_BODY_BYTES > log.length) return null;
  const view = new DataView(log.buffer, log.byteOffset + offset, log.length - offset);
  const bodyBytes = view.getUint32(0, true);
  const end = offset + FRAME_BYTES + bodyBytes;
  if (bodyBytes < FIXED_BODY_BYTES || end > log.length) return null;
  const bytes = log.subarray(offset, end);
  if (recordCrc(bytes) !== view.getUint32(4, true)) return null;

  const nonceBytes = view.getUint32(24, true);
  const added = view.getUint32(28, true);
  const removed = view.getUint32(32, true);
  const vectorBytes = added * dimension * Float32Array.BYTES_PER_ELEMENT;
  if (FIXED_BODY_BYTES + nonceBytes + 8 * added + vectorBytes + 8 * removed !== bodyBytes) return null;
  let at = FRAME_BYTES + FIXED_BODY_BYTES;
  // Copies, because records begin wherever the one before ended and float views must be aligned.
  const take = (length: number): Uint8Array => new Uint8Array(bytes.subarray(at, (at += length)));
  const nonce = new TextDecoder().decode(take(nonceBytes));
  const record: LogRecord = {
    after: asSeq(view.getFloat64(8, true)),
    last: { seq: asSeq(view.getFloat64(16, true)), nonce },
    added: new Float64Array(take(8 * added).buffer),
    vectors: new Float32Array(take(vectorBytes).buffer),
    removed: new Float64Array(take(8 * removed).buffer),
  };
  return { record, end };
}

const recordCrc = (bytes: Uint8Array): number => crc32c(bytes.subarray(0, 4), bytes.subarray(8));
