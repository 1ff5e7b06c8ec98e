import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSegment, encodeSegment } from '../../../src/core/snapshot/segment-file.ts';
import { segment, vectorsOf } from './sample.ts';

test('what was encoded is decoded, with and without bytes of a backend', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 40 }), { maxLength: 50 }),
      fc.option(fc.uint8Array({ minLength: 1, maxLength: 200 }), { nil: null }),
      (numbers, backendBytes) => {
        const data = { ...segment(...numbers.toSorted((one, other) => one - other)), backendBytes };
        expect(decodeSegment(encodeSegment(data))).toEqual(data);
      },
    ),
  );
});

test('vectors are a view of the bytes, not a copy, so that a large segment is in memory once', () => {
  const bytes = encodeSegment(segment(1, 2, 3));
  const { vectors, ids } = decodeSegment(bytes);
  expect(vectors.buffer).toBe(bytes.buffer);
  expect(ids.buffer).toBe(bytes.buffer);
  expect(vectors.byteOffset % 64).toBe(0);
});

test('bytes that start at an odd address are read all the same', () => {
  const bytes = encodeSegment(segment(7, 9));
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  expect(decodeSegment(shifted.subarray(1)).vectors).toEqual(vectorsOf(7, 9));
});

test('every shorter and longer file is refused', () => {
  const bytes = encodeSegment(segment(1, 2, 3));
  for (let length = 0; length < bytes.length; length += 1) {
    expect(() => decodeSegment(bytes.subarray(0, length))).toThrow(/segment file|The file/);
  }
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  expect(() => decodeSegment(longer)).toThrow('where its header asks for');
});

test('no flipped bit in the header gets past its CRC', () => {
  const bytes = encodeSegment(segment(1, 2, 3));
  const headerBytes = 20 + new DataView(bytes.buffer).getUint32(12, true);
  for (let bit = 0; bit < headerBytes * 8; bit += 1) {
    const damaged = new Uint8Array(bytes);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    expect(() => decodeSegment(damaged)).toThrow('The file ');
  }
});

test('ids that do not ascend are refused: search relies on their order', () => {
  expect(() => decodeSegment(encodeSegment(segment(2, 2)))).toThrow('do not ascend');
  expect(() => decodeSegment(encodeSegment(segment(3, 2)))).toThrow('do not ascend');
  expect(() => decodeSegment(encodeSegment(segment(0)))).toThrow('do not ascend');
  expect(() => decodeSegment(encodeSegment(segment(1.5)))).toThrow('do not ascend');
});
