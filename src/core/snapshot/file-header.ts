import { ChlError } from '../errors.ts';
import { crc32c } from './checksum.ts';

/**
 * How segment files and growing logs begin. All integers are unsigned, little-endian.
 *
 *     0   8  magic, ASCII
 *     8   4  format version
 *    12   4  length of the header text, in bytes
 *    16   4  CRC-32C of bytes 0–15 and the header text
 *    20   n  header text: JSON, UTF-8
 */
const PREAMBLE_BYTES = 20;
const CRC_OFFSET = 16;
/** Far above any real header; keeps a damaged length from costing memory. */
const HEADER_BYTES_MAX = 64 * 1024;

export interface FileType {
  /** Eight ASCII characters. */
  readonly magic: string;
  readonly version: number;
}

export interface ParsedHeader {
  readonly value: unknown;
  /** Where the header ends and the body begins, bytes from the start. */
  readonly end: number;
}

export function encodeHeader(type: FileType, value: unknown): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(value));
  const bytes = new Uint8Array(PREAMBLE_BYTES + text.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(type.magic), 0);
  view.setUint32(8, type.version, true);
  view.setUint32(12, text.length, true);
  bytes.set(text, PREAMBLE_BYTES);
  view.setUint32(CRC_OFFSET, headerCrc(bytes), true);
  return bytes;
}

/** @throws CORRUPT when it is another type of file, of another version, or damaged */
export function decodeHeader(type: FileType, bytes: Uint8Array): ParsedHeader {
  if (bytes.length < PREAMBLE_BYTES) throw corrupt('is shorter than its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder('latin1').decode(bytes.subarray(0, 8)) !== type.magic) {
    throw corrupt(`does not begin with ${type.magic}`);
  }
  const textBytes = view.getUint32(12, true);
  const end = PREAMBLE_BYTES + textBytes;
  if (textBytes > HEADER_BYTES_MAX || end > bytes.length) throw corrupt('ends inside its header');
  const head = bytes.subarray(0, end);
  if (headerCrc(head) !== view.getUint32(CRC_OFFSET, true)) throw corrupt('has a damaged header');
  const version = view.getUint32(8, true);
  if (version !== type.version) {
    throw corrupt(`has format version ${version}; this program reads ${type.version}`);
  }
  return { value: JSON.parse(new TextDecoder().decode(head.subarray(PREAMBLE_BYTES))), end };
}

const headerCrc = (head: Uint8Array): number =>
  crc32c(head.subarray(0, CRC_OFFSET), head.subarray(PREAMBLE_BYTES));

const corrupt = (what: string): ChlError =>
  new ChlError('CORRUPT', `The file ${what}.`, { operation: 'snapshot.header' });
