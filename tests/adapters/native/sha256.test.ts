import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256InPlace, sha256OfText } from '../../../adapters/native/sha256.ts';
import { webTextHash } from '../../../src/core/embedding.ts';

test.each([0, 1, 2 ** 20, 2 ** 20 + 1, 5_000_000])(
  '%d bytes have the digest that they have as a whole',
  async (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, index) => index % 251);
    const expected = createHash('sha256').update(bytes).digest('hex');
    expect(Buffer.from(await sha256InPlace(bytes)).toString('hex')).toBe(expected);
  },
);

test('what is a view of something larger is digested as what it shows', async () => {
  const bytes = new TextEncoder().encode('xabcx').subarray(1, 4);
  expect(Buffer.from(await sha256InPlace(bytes)).toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test.each(['', 'abc', 'Größe\0日本語 🦀', 'half a pair: \ud83e', 'long '.repeat(50_000)])(
  'a text has the digest that it has on every runtime: %#',
  async (text) => {
    expect(sha256OfText(text)).toBe(await webTextHash(text));
  },
);
