import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { decodeManifest, encodeManifest } from '../../../src/core/snapshot/manifest.ts';
import type { Manifest } from '../../../src/core/snapshot/manifest.ts';
import { mark, owner } from './sample.ts';

const manifest: Manifest = {
  version: 1,
  ...owner,
  generation: 3,
  base: mark(10),
  asOf: mark(12),
  segments: [
    {
      file: 'segment-00000002-00c0ffee',
      rows: 5,
      bytes: 1234,
      sha256: 'ab'.repeat(32),
      kind: 'flat',
      backend: 'faiss-node',
      tombstones: [0, 4],
    },
  ],
  logFrom: 7,
  savedAtMs: 1_790_000_000_000,
};

test('what was encoded is decoded', async () => {
  expect(await decodeManifest(await encodeManifest(manifest))).toEqual(manifest);
});

test('its first line is the checksum of the rest, so that a person can check it', async () => {
  const text = new TextDecoder().decode(await encodeManifest(manifest));
  const [line, ...rest] = text.split('\n');
  expect(line).toBe(createHash('sha256').update(rest.join('\n')).digest('hex'));
});

test('every truncation is refused', async () => {
  const bytes = await encodeManifest(manifest);
  for (let length = 0; length < bytes.length; length += 1) {
    await expect(decodeManifest(bytes.subarray(0, length))).rejects.toThrow('its own checksum');
  }
});

test('every flipped bit is refused', async () => {
  const bytes = await encodeManifest(manifest);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const damaged = new Uint8Array(bytes);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    await expect(decodeManifest(damaged)).rejects.toThrow('its own checksum');
  }
});

test.each<[string, object]>([
  ['another version', { version: 2 }],
  ['an unknown field', { compressed: true }],
  ['a missing field', { logFrom: undefined }],
  [
    'a path instead of a name',
    { segments: [{ ...manifest.segments[0], file: '../segment-00000002-00c0ffee' }] },
  ],
  ['a segment named twice', { segments: [manifest.segments[0], manifest.segments[0]] }],
  ['a tombstone beyond the rows', { segments: [{ ...manifest.segments[0], tombstones: [5] }] }],
  ['tombstones out of order', { segments: [{ ...manifest.segments[0], tombstones: [3, 1] }] }],
  ['tombstones older than the segments', { asOf: mark(9) }],
])('%s is refused even under a right checksum, and never written', async (_, change) => {
  const wrong = { ...manifest, ...change } as Manifest;
  const body = `${JSON.stringify(wrong)}\n`;
  const line = createHash('sha256').update(body).digest('hex');
  await expect(decodeManifest(new TextEncoder().encode(`${line}\n${body}`))).rejects.toThrow('The manifest');
  await expect(encodeManifest(wrong)).rejects.toThrow('The manifest');
});
