import { expect, test } from 'vitest';
import { contradictions, type Search, type Write } from './observations.ts';

const write = (kind: Write['kind'], version: number, startMs: number, endMs: number): Write => ({
  name: 'a',
  kind,
  version,
  startMs,
  endMs,
});

const search = (version: number | null, startMs: number, endMs: number): Search => ({
  name: 'a',
  mode: 'text',
  version,
  startMs,
  endMs,
});

const created = write('create', 1, 0, 10);
const updated = write('update', 2, 20, 30);
const deleted = write('delete', 2, 40, 50);

test.each<[string, readonly Write[], readonly Search[]]>([
  ['one history in order', [created, updated, deleted], []],
  [
    'two writes at once, in either order',
    [write('update', 3, 20, 30), write('update', 2, 20, 30), created],
    [],
  ],
  ['a search beside a write that sees the old', [created, updated], [search(1, 25, 28)]],
  ['a search beside a write that sees the new', [created, updated], [search(2, 25, 28)]],
  ['a search after a delete that finds nothing', [created, updated, deleted], [search(null, 60, 70)]],
  ['a search beside a delete that still finds it', [created, updated, deleted], [search(2, 45, 70)]],
])('accepted: %s', (_, writes, searches) => {
  expect(contradictions({ writes, searches })).toEqual([]);
});

test.each<[string, readonly Write[], readonly Search[]]>([
  ['a misses a', [created], [search(null, 20, 30)]],
  ['whose delete was acknowledged', [created, updated, deleted], [search(2, 60, 70)]],
  ['at 1; 2 was acknowledged', [created, updated], [search(1, 31, 40)]],
  ['which nobody had sent', [created], [search(2, 20, 30)]],
  ['has the versions 1,2,2', [created, updated, updated], []],
  ['has the versions 1,3', [created, write('update', 3, 20, 30)], []],
  ['written after its end', [created, deleted, write('update', 3, 60, 70)], []],
  ['was deleted 2 times', [created, updated, deleted, deleted], []],
  ['was answered before', [created, write('update', 3, 20, 30), write('update', 2, 40, 50)], []],
])('seen: %s', (words, writes, searches) => {
  expect(contradictions({ writes, searches }).join()).toContain(words.replace('a misses', 'text misses'));
});
