/**
 * The two checksums of the snapshot format: SHA-256 for whole files, which a native parser is about
 * to trust, and CRC-32C for the small records of the growing log and the headers.
 */

/** @returns the 32 bytes of SHA-256 */
export type Sha256 = (bytes: Uint8Array) => Promise<Uint8Array>;

/** What every runtime has. Node's copies what it is given: another 100 MB beside a large segment. */
let sha256: Sha256 = async (bytes) =>
  // Snapshot bytes never live in shared memory, which is all that the wider type would add.
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));

/** For the whole process: an entry whose runtime has one that needs no copy says so at its start. */
export function digestWith(better: Sha256): void {
  sha256 = better;
}

/** Lower-case hexadecimal, 64 characters; what `sha256sum` prints. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await sha256(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Castagnoli's polynomial 0x1EDC6F41, bits reversed: RFC 3720, section 12.1 (iSCSI). */
const POLYNOMIAL_REVERSED = 0x82f63b78;

/** Remainder of every byte, for Sarwate's table-driven method (CACM 31(8), 1988). */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL_REVERSED : remainder >>> 1;
  }
  return remainder;
});

/** CRC-32C of the parts one after another, unsigned 32-bit; of "123456789" it is 0xE3069283. */
export function crc32c(...parts: readonly Uint8Array[]): number {
  let remainder = 0xffffffff;
  for (const part of parts) {
    for (let index = 0; index < part.length; index += 1) {
      remainder = (remainder >>> 8) ^ TABLE[(remainder ^ part[index]!) & 0xff]!;
    }
  }
  return (remainder ^ 0xffffffff) >>> 0;
}
