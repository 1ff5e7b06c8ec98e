import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openIndexSource } from '../../../adapters/catalog/libsql/open-index-source.ts';
import { migrate, MIGRATIONS } from '../../../adapters/catalog/libsql/migrations/migrate.ts';
import type { Migration } from '../../../adapters/catalog/libsql/migrations/migration.ts';
import { openLibsqlCatalog } from '../../../adapters/catalog/libsql/open.ts';
import { SqliteConnection } from '../../../adapters/catalog/libsql/sqlite-connection.ts';
import { SEEDED_CATEGORIES } from '../../../src/core/categories.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chl-migrations-'));
  path = join(folder, 'chl.db');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const connect = (): SqliteConnection => new SqliteConnection({ path, busyTimeoutMs: 100, readOnly: false });
const context = { nowMs: 0 };

/** A step after those there are, that breaks where it is told to. */
function next(version: number, breaks: boolean): Migration {
  return {
    version,
    name: 'a later step',
    async up(session) {
      await session.run('CREATE TABLE later (x INTEGER) STRICT');
      if (breaks) throw new Error('killed in the middle');
      await session.run('INSERT INTO later VALUES (1)');
    },
  };
}

async function tables(): Promise<readonly string[]> {
  const connection = connect();
  const rows = await connection.all(`SELECT name FROM sqlite_master WHERE type = 'table'`);
  connection.close();
  return rows.map((row) => row['name'] as string);
}

test('versions count from 1 without a gap', () => {
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
});

test('a first migration that breaks leaves an empty file, and the next start succeeds', async () => {
  const [initial] = MIGRATIONS;
  const broken: Migration = {
    version: 1,
    name: 'initial',
    async up(session, given) {
      await initial?.up(session, given);
      throw new Error('killed in the middle');
    },
  };
  const connection = connect();
  await expect(migrate(connection, context, [broken])).rejects.toThrow('killed in the middle');
  connection.close();
  expect(await tables()).toEqual([]);

  const catalog = await openLibsqlCatalog({ path });
  expect(await catalog.reader.categories()).toHaveLength(SEEDED_CATEGORIES.length);
  await catalog.close();
});

test('a later migration that breaks leaves the version before it', async () => {
  const { length } = MIGRATIONS;
  const connection = connect();
  await migrate(connection, context);
  await expect(migrate(connection, context, [...MIGRATIONS, next(length + 1, true)])).rejects.toThrow(
    'killed',
  );
  expect(await tables()).not.toContain('later');
  expect(await migrate(connection, context, [...MIGRATIONS, next(length + 1, false)])).toBe(length);
  expect(await tables()).toContain('later');
  connection.close();
});

test('seeding happens once: a category that was renamed stays so', async () => {
  const first = await openLibsqlCatalog({ path });
  const identity = await first.reader.identity();
  await first.close();
  const connection = connect();
  await connection.run(`UPDATE categories SET name = 'mine' WHERE code = 'TST'`);
  await connection.run(`DELETE FROM categories WHERE code = 'GHF'`);
  connection.close();

  const second = await openLibsqlCatalog({ path });
  expect((await second.reader.category('TST'))?.name).toBe('mine');
  expect(await second.reader.category('GHF')).toBeNull();
  expect(await second.reader.identity()).toEqual(identity);
  await second.close();
});

test('a newer database is refused and untouched', async () => {
  const catalog = await openLibsqlCatalog({ path });
  const { databaseUrl } = catalog;
  await catalog.close();
  const connection = connect();
  await connection.run(`UPDATE meta SET value = '999' WHERE name = 'schema_version'`);
  await connection.first('PRAGMA wal_checkpoint(TRUNCATE)');
  connection.close();

  const before = await readFile(path);
  await expect(openLibsqlCatalog({ path })).rejects.toMatchObject({ code: 'CONFIGURATION' });
  await expect(
    openIndexSource({ databaseUrl, databaseAuthToken: null, fingerprint: 'f' }),
  ).rejects.toMatchObject({ code: 'CONFIGURATION' });
  expect((await readFile(path)).equals(before)).toBe(true);
});

test('a database of another program is refused and untouched', async () => {
  const connection = connect();
  await connection.run('CREATE TABLE bookmarks (url TEXT)');
  connection.close();
  const before = await readFile(path);
  await expect(openLibsqlCatalog({ path })).rejects.toMatchObject({ code: 'CONFIGURATION' });
  expect((await readFile(path)).equals(before)).toBe(true);
});

test('a file that is no database is damage, not a fresh start', async () => {
  await writeFile(
    path,
    'this is not a database, and it is longer than one header of SQLite would be. '.repeat(20),
  );
  await expect(openLibsqlCatalog({ path })).rejects.toMatchObject({ code: 'CORRUPT' });
});

test('an index is not opened where there is no database', async () => {
  const databaseUrl = `file:${join(folder, 'none.db')}`;
  await expect(
    openIndexSource({ databaseUrl, databaseAuthToken: null, fingerprint: 'f' }),
  ).rejects.toMatchObject({ code: 'CONFIGURATION' });
  await expect(readFile(join(folder, 'none.db'))).rejects.toThrow('ENOENT');
});
