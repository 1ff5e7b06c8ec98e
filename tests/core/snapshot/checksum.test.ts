import { expect, test } from 'vitest';
import { crc32c, sha256Hex } from '../../../src/core/snapshot/checksum.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

test('CRC-32C gives the check values of RFC 3720, appendix B.4', () => {
  expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
});

test('CRC-32C of parts is that of the whole', () => {
  expect(crc32c(ascii('1234'), ascii(''), ascii('56789'))).toBe(0xe3069283);
});

test('SHA-256 is printed as sha256sum prints it', async () => {
  expect(await sha256Hex(ascii('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
