import { beforeEach, expect, test } from 'vitest';
import { DocumentTable } from '../../../src/core/engine/document-table.ts';
import type { EntryFilter } from '../../../src/core/filter.ts';
import { asDocNo, asEntryKey, asSeq, asVectorId } from '../../../src/core/ids.ts';
import type { IndexDocument } from '../../../src/core/ports/index-source.ts';

let table: DocumentTable;
beforeEach(() => (table = new DocumentTable()));

const document = (key: number, overrides: Partial<IndexDocument> = {}): IndexDocument => ({
  key: asEntryKey(key),
  seq: asSeq(key),
  vectorId: asVectorId(key),
  type: 'experience',
  category: 'TST',
  section: 'useful',
  author: 'ann',
  tags: [],
  createdAtMs: 1_000 * key,
  updatedAtMs: 1_000 * key,
  text: null,
  ...overrides,
});

const keysOf = (filter: EntryFilter): readonly number[] | null => {
  const selected = table.select(filter);
  return selected === null ? null : [...selected.docs].map((slot) => table.keyOf(asDocNo(slot)));
};

test('finds a live document by key and by vector, and a dead one by neither', () => {
  const doc = table.add(document(7));
  expect(table.find(asEntryKey(7))).toBe(doc);
  expect(table.findVector(asVectorId(7))).toBe(doc);
  table.remove(doc);
  expect(table.find(asEntryKey(7))).toBeUndefined();
  expect(table.findVector(asVectorId(7))).toBeUndefined();
  expect([table.documentCount, table.vectorCount]).toEqual([0, 0]);
});

test('a vector lies in one place, and each segment knows how many of its rows live', () => {
  const docs = [1, 2, 3].map((key) => table.add(document(key)));
  docs.forEach((doc, row) => table.place(doc, 10, row));
  table.place(docs[0]!, 20, 5);
  expect([table.liveRowsOf(10), table.liveRowsOf(20)]).toEqual([2, 1]);
  expect([table.segmentIdOf(docs[0]!), table.rowOf(docs[0]!)]).toEqual([20, 5]);
  table.remove(docs[1]!);
  expect(table.liveRowsOf(10)).toBe(1);
  expect([0, 1, 2].map((row) => table.isLive(10, row))).toEqual([false, false, true]);
  expect(table.ownersOf(20)?.ownerOf(5)).toBe(docs[0]);
  expect(table.displaceAll(10)).toBe(1);
  expect([...table.vectorIds('nowhere')]).toEqual([3]);
  expect([...table.vectorIds()]).toEqual([1, 3]);
});

test('every given field must hold, all tags, any type', () => {
  table.add(document(1, { category: 'ADG', tags: ['red', 'blue'] }));
  table.add(document(2, { category: 'ADG', tags: ['red'], section: 'harmful' }));
  table.add(document(3, { type: 'skill', section: null, author: 'bob' }));
  expect(keysOf({ category: 'ADG' })).toEqual([1, 2]);
  expect(keysOf({ category: 'ADG', section: 'harmful' })).toEqual([2]);
  expect(keysOf({ tags: ['red', 'blue'] })).toEqual([1]);
  expect(keysOf({ types: ['skill'] })).toEqual([3]);
  expect(keysOf({ author: 'bob' })).toEqual([3]);
  expect(keysOf({ author: 'nobody' })).toEqual([]);
  expect(keysOf({})).toBeNull();
  expect(keysOf({ types: ['experience', 'skill'] })).toBeNull();
});

test('fields that all or none have decide as any other, and so does one asked for twice', () => {
  table.add(document(1, { category: 'ADG', tags: ['red'] }));
  table.add(document(2, { category: 'BDG', tags: ['red'] }));
  expect(keysOf({ types: ['experience'], author: 'ann' })).toEqual([1, 2]);
  expect(keysOf({ types: ['experience'], category: 'BDG' })).toEqual([2]);
  expect(keysOf({ category: 'BDG', author: 'nobody' })).toEqual([]);
  expect(keysOf({ tags: ['red', 'red'] })).toEqual([1, 2]);
  // From here on not all are experiences.
  table.add(document(3, { type: 'skill', category: 'BDG' }));
  expect(keysOf({ types: ['experience'], category: 'BDG' })).toEqual([2]);
});

test('a value of one field is not taken for a value of another', () => {
  table.add(document(1, { author: 'red', tags: ['ann'] }));
  expect(keysOf({ tags: ['red'] })).toEqual([]);
  expect(keysOf({ author: 'ann' })).toEqual([]);
});

test('dates are half-open: from is in, to is out', () => {
  for (const key of [1, 2, 3]) table.add(document(key));
  expect(keysOf({ createdFromMs: 2_000, createdToMs: 3_000 })).toEqual([2]);
  expect(keysOf({ updatedFromMs: 2_000 })).toEqual([2, 3]);
  expect(keysOf({ updatedToMs: 2_000, category: 'TST' })).toEqual([1]);
});

test('a filter sees the next change, though its answer was cached', () => {
  const doc = table.add(document(1));
  expect(keysOf({ category: 'TST' })).toEqual([1]);
  table.add(document(2));
  expect(keysOf({ category: 'TST' })).toEqual([1, 2]);
  table.remove(doc);
  expect(keysOf({ category: 'TST' })).toEqual([2]);
});

test('compaction gives back dead slots and keeps everything about the living', () => {
  const docs = Array.from({ length: 100 }, (_, i) =>
    table.add(document(i + 1, { category: i % 2 === 0 ? 'EVEN' : 'ODD', tags: [`tag-${i}`] })),
  );
  docs.forEach((doc, row) => table.place(doc, 3, row));
  for (const doc of docs) if (doc % 3 !== 0) table.remove(doc);
  const copy = new DocumentTable();
  expect(docs.slice(0, 4).map((slot) => table.copyTo(copy, slot))).toEqual([0, null, null, 1]);
  for (const slot of docs.slice(4)) table.copyTo(copy, slot);
  expect(table.becomeCopy(copy)).toEqual([]);
  expect(table.slotCount).toBe(34);
  expect([table.ownersOf(3)?.ownerOf(99), table.isLive(3, 98)]).toEqual([33, false]);
  const doc = table.find(asEntryKey(100))!;
  expect([doc, table.rowOf(doc), table.vectorIdOf(doc), table.seqOf(doc)]).toEqual([33, 99, 100, 100]);
  expect(keysOf({ tags: ['tag-99'], category: 'ODD' })).toEqual([100]);
  expect(keysOf({ category: 'EVEN' })).toHaveLength(17);
  expect(table.add(document(500))).toBe(34);
});
