import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalWriter } from '../../../adapters/catalog/libsql/local-writer.ts';
import { SqliteConnection } from '../../../adapters/catalog/libsql/sqlite-connection.ts';
import type { SqlRow } from '../../../adapters/catalog/libsql/sql-session.ts';
import { checkTextIndex } from '../../../adapters/text/fts5/table.ts';
import { asEntryKey } from '../../../src/core/ids.ts';
import type { WriteOperation } from '../../../src/core/ports/catalog.ts';
import { embedded, experience, FINGERPRINT, vectorOf } from '../../conformance/catalog/fixture.ts';
import { FaultyConnection, type Fault } from './faulty-connection.ts';

let folder: string;
let writer: LocalWriter;
let fault: Fault;
const options = (): { path: string; busyTimeoutMs: number; readOnly: boolean } => ({
  path: join(folder, 'chl.db'),
  busyTimeoutMs: 1000,
  readOnly: false,
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chl-fts-groups-'));
  fault = () => null;
  writer = await openWriter();
});
afterEach(async () => {
  await writer.close();
  await rm(folder, { recursive: true, force: true });
});

function openWriter(): Promise<LocalWriter> {
  const connect = (): FaultyConnection => new FaultyConnection(options(), (sql) => fault(sql), []);
  return LocalWriter.open({ connect, onFault: () => undefined });
}

/** What is in the file, whose full-text index says what its entries say. The writer makes way for the check. */
async function rowsOf(sql: string): Promise<readonly SqlRow[]> {
  await writer.close();
  const connection = new SqliteConnection(options());
  try {
    await connection.run('BEGIN');
    await checkTextIndex(connection);
    await connection.run('ROLLBACK');
    return await connection.all(sql);
  } finally {
    connection.close();
    writer = await openWriter();
  }
}

const found = async (word: string): Promise<number> =>
  (await rowsOf(`SELECT rowid FROM entries_fts WHERE entries_fts MATCH '"${word}"'`)).length;

/** Texts as they were, so that only what a group does to them counts. */
const update = (id: string, baseVersion: number, title: string): WriteOperation => ({
  kind: 'update',
  actor: 'tester',
  atMs: 1_700_000_000_000,
  type: 'experience',
  entryId: id,
  baseVersion,
  data: { section: 'useful', title, playbook: 'Rewritten.', context: null },
  tags: [],
  ref: null,
  embedding: { vector: vectorOf(9), fingerprint: FINGERPRINT, contentHash: title },
});

test('a group of any size is one segment of the full-text index', async () => {
  await writer.commit(Array.from({ length: 100 }, (_, number) => experience(number)));
  const segments = await rowsOf('SELECT DISTINCT segid FROM entries_fts_idx');
  expect(segments).toHaveLength(1);
});

test('what a group does to one entry, step by step, is what its words are in the end', async () => {
  const first = experience(1);
  const id = first.entry.id;
  const outcomes = await writer.commit([
    first,
    update(id, 1, 'walrus'),
    update(id, 7, 'refused'),
    update(id, 2, 'ocelot'),
    { ...experience(2), entry: { ...experience(2).entry, id } },
  ]);
  expect(outcomes.outcomes.map(({ ok }) => ok)).toEqual([true, true, false, true, false]);
  expect(await found('walrus')).toBe(0);
  expect(await found('refused')).toBe(0);
  expect(await found('ocelot')).toBe(1);

  const { outcomes: late } = await writer.commit([
    update(id, 3, 'badger'),
    {
      kind: 'embed',
      actor: 'tester',
      atMs: 1_700_000_000_000,
      key: asEntryKey(1),
      baseVersion: 4,
      vector: vectorOf(3),
      fingerprint: FINGERPRINT,
      contentHash: embedded(3).contentHash,
    },
    {
      kind: 'delete',
      actor: 'tester',
      atMs: 1_700_000_000_000,
      type: 'experience',
      entryId: id,
      expectedVersion: null,
    },
  ]);
  expect(late.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(await found('badger')).toBe(0);
  expect(await rowsOf('SELECT * FROM entries_fts_docsize')).toEqual([]);
});

test('an operation that fails half-way leaves no words, and takes none of its neighbours', async () => {
  let writes = 0;
  // The second of three entries, after everything else of it was written.
  fault = (sql) =>
    sql.startsWith('INSERT INTO entry_history') && (writes += 1) === 2
      ? { code: 'SQLITE_CONSTRAINT', afterwards: false }
      : null;
  const group = [1, 2, 3].map((number) => experience(number, { title: `title number${number}` }));
  const { outcomes } = await writer.commit(group);
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true]);
  expect([await found('number1'), await found('number2'), await found('number3')]).toEqual([1, 0, 1]);
});
