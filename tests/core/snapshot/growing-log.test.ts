import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLog, encodeLogHeader } from '../../../src/core/snapshot/growing-log.ts';
import { encodeRecord } from '../../../src/core/snapshot/growing-log-record.ts';
import type { LogRecord } from '../../../src/core/snapshot/growing-log-record.ts';
import { mark, owner, record } from './sample.ts';

const header = encodeLogHeader({ ...owner, number: 1, base: mark(10) });
const records = [record(10, 12, [11, 12]), record(12, 13, [], [11]), record(13, 20, [14, 15, 20], [12, 3])];

function logOf(...parts: readonly (Uint8Array | LogRecord)[]): Uint8Array {
  const bytes = parts.map((part) => (part instanceof Uint8Array ? part : encodeRecord(part)));
  return Uint8Array.from(bytes.flatMap((part) => [...part]));
}

test('records are read as they were written', () => {
  const bytes = logOf(header, ...records);
  expect(decodeLog(bytes)).toEqual({
    header: { ...owner, number: 1, base: mark(10) },
    records,
    end: mark(20),
    goodBytes: bytes.length,
  });
});

test('an empty log ends where it begins', () => {
  expect(decodeLog(header)).toMatchObject({ records: [], end: mark(10), goodBytes: header.length });
});

test('torn at every byte of the last record: everything before it is read, nothing of it', () => {
  const whole = logOf(header, ...records);
  const before = logOf(header, ...records.slice(0, -1)).length;
  for (let length = before; length < whole.length; length += 1) {
    expect(decodeLog(whole.subarray(0, length))).toMatchObject({
      records: records.slice(0, -1),
      end: mark(13),
      goodBytes: before,
    });
  }
});

test('a tail of zeroes, as some file systems leave after power loss, is cut', () => {
  const whole = logOf(header, ...records);
  expect(decodeLog(logOf(whole, new Uint8Array(4096)))).toMatchObject({ records, goodBytes: whole.length });
});

test('every flipped bit cuts the log at the record it is in, or refuses the log', () => {
  const ends = records.map((_, index) => logOf(header, ...records.slice(0, index + 1)).length);
  const whole = logOf(header, ...records);
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    const damaged = new Uint8Array(whole);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    if (bit >> 3 < header.length) {
      expect(() => decodeLog(damaged)).toThrow('The file ');
    } else {
      const good = ends.filter((end) => end <= bit >> 3).length;
      expect(decodeLog(damaged).records).toEqual(records.slice(0, good));
    }
  }
});

test('a record that does not continue the one before it ends the log', () => {
  const good = records.slice(0, 2);
  for (const bad of [record(14, 20, [15]), record(12, 20, [15]), record(13, 13, [])]) {
    expect(decodeLog(logOf(header, ...good, bad))).toMatchObject({ records: good, end: mark(13) });
  }
});

test('any groups of changes survive the round trip', () => {
  const group = fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.array(fc.integer({ min: 1, max: 2 ** 50 }), { maxLength: 5 }),
    fc.array(fc.integer({ min: 1, max: 2 ** 50 }), { maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(group, { maxLength: 8 }), (groups) => {
      let after = 10;
      const written = groups.map(([count, added, removed]) =>
        record(after, (after += count), added, removed),
      );
      expect(decodeLog(logOf(header, ...written)).records).toEqual(written);
    }),
  );
});
