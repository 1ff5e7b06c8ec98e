import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalWriter } from '../../../adapters/catalog/libsql/local-writer.ts';
import { SqliteConnection } from '../../../adapters/catalog/libsql/sqlite-connection.ts';
import { checkTextIndex } from '../../../adapters/text/fts5/table.ts';
import { experience } from '../../conformance/catalog/fixture.ts';

let folder: string;
let path: string;
let faults: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chl-fts-'));
  path = join(folder, 'chl.db');
  faults = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const connect = (): SqliteConnection => new SqliteConnection({ path, busyTimeoutMs: 1000, readOnly: false });
const openWriter = (): Promise<LocalWriter> =>
  LocalWriter.open({ connect, onFault: ({ message }) => faults.push(message) });

async function onFile<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
  const connection = connect();
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

const isWhole = (): Promise<boolean> =>
  onFile(async (connection) => {
    await connection.run('BEGIN IMMEDIATE');
    try {
      await checkTextIndex(connection);
      return true;
    } catch {
      return false;
    } finally {
      await connection.run('ROLLBACK');
    }
  });

const damages = [
  ['postings are zero', 'UPDATE entries_fts_data SET block = zeroblob(length(block)) WHERE id > 10'],
  ['postings are gone', 'DELETE FROM entries_fts_data WHERE id > 10'],
  ['nothing is left', 'DELETE FROM entries_fts_data'],
  ['every block is garbage', 'UPDATE entries_fts_data SET block = randomblob(length(block))'],
  ['lengths are gone', 'DELETE FROM entries_fts_docsize'],
  ['the format number is gone', 'DELETE FROM entries_fts_config'],
] as const;

async function threeEntries(): Promise<void> {
  const writer = await openWriter();
  await writer.commit([experience(1), experience(2), experience(3)]);
  await writer.close();
  expect(await isWhole()).toBe(true);
}

test.each(damages)('%s: found and rebuilt behind the first transaction of a start', async (_, sql) => {
  await threeEntries();
  await onFile((connection) => connection.run(sql));
  expect(await isWhole()).toBe(false);
  const writer = await openWriter();
  // This commit itself may meet the damage; then it is refused as a whole, and may be repeated.
  await writer.commit([experience(4)]).catch(() => writer.commit([experience(4)]));
  await writer.close();
  expect(await isWhole()).toBe(true);
  expect(faults).toContain('The writing connection is replaced after a failure.');
});

test.each(damages)(
  '%s while the service runs: the write that meets it is refused, the next one mends it',
  async (_, sql) => {
    await threeEntries();
    const writer = await openWriter();
    await writer.commit([experience(4)]);
    // The check of the start is over when the next commit is answered.
    await writer.commit([experience(5)]);
    await onFile((connection) => connection.run(sql));
    for (const n of [6, 7]) {
      await writer
        .commit([experience(n)])
        .catch((error: unknown) => expect(error).toMatchObject({ retryable: true }));
    }
    const report = await writer.commit([experience(8)]);
    expect(report.outcomes[0]).toMatchObject({ ok: true });
    await writer.close();
  },
);
