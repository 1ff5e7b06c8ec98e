import { createHash } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCli, type CliResult } from '../cli/run-cli.ts';
import { freshEnvironment } from '../cli/running-service.ts';

let world: Awaited<ReturnType<typeof freshEnvironment>>;
let file: string;
beforeEach(async () => {
  world = await freshEnvironment({ CHL_INDEX_HOST: 'inline' });
  file = join(world.folder, 'ancestor.db');
  // Where copies are made: nothing may be left of them.
  vi.stubEnv('TMPDIR', world.folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.dispose();
});

const chl = (...args: string[]): Promise<CliResult> => runCli(args, world.environment);

const SCHEMA = `
  CREATE TABLE categories (code TEXT PRIMARY KEY, name TEXT, description TEXT, created_at TEXT);
  CREATE TABLE experiences (id TEXT PRIMARY KEY, category_code TEXT, section TEXT, title TEXT, playbook TEXT,
    context TEXT, source TEXT, sync_status INTEGER, author TEXT, embedding_status TEXT, created_at TEXT,
    updated_at TEXT, synced_at TEXT, exported_at TEXT);
  CREATE TABLE category_skills (id TEXT PRIMARY KEY, category_code TEXT, title TEXT, content TEXT, summary TEXT,
    source TEXT, author TEXT, created_at TEXT, updated_at TEXT);
  CREATE TABLE embeddings (id INTEGER PRIMARY KEY, entity_id TEXT, vector BLOB);`;

function makeAncestor(path: string): void {
  const database = new Database(path);
  database.exec(SCHEMA);
  const category = database.prepare('INSERT INTO categories VALUES (?, ?, ?, ?)');
  category.run('PGS', 'page_specification', 'Known to every CHL', '2024-01-01');
  category.run('ZEB', 'zebras', null, '2024-01-01');
  const experience = database.prepare(
    `INSERT INTO experiences (id, category_code, section, title, playbook, context, source, author, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, '2024-01-01')`,
  );
  experience.run(
    'EXP-1',
    'PGS',
    'useful',
    'Name every state',
    'Draw the empty one, too.',
    null,
    'global',
    'ann',
  );
  experience.run(
    'EXP-2',
    'ZEB',
    'contextual',
    'Feed at noon',
    'Carrots.',
    '{"season":"winter"}',
    'local',
    null,
  );
  experience.run('EXP-3', 'ZEB', 'harmful', 'Do not shout', 'They run.', null, 'local', null);
  experience.run('EXP-4', 'ZEB', 'useful', 'x'.repeat(121), 'Title too long.', null, 'local', null);
  experience.run('EXP-5', 'ZEB', 'contextual', 'Broken', 'Broken context.', '{season', 'local', null);
  experience.run('EXP-6', null, 'useful', 'Lost', 'No category.', null, 'local', null);
  const skill = database.prepare(
    `INSERT INTO category_skills (id, category_code, title, content, summary, source, author)
     VALUES (?, ?, ?, ?, ?, 'local', ?)`,
  );
  skill.run('MNL-1', 'PGS', 'Page Spécs: how to', '# Steps', 'Writes page specs', 'bob');
  skill.run('MNL-2', 'ZEB', 'Page specs, how to', '# Other steps', null, null);
  skill.run('MNL-3', 'ZEB', 'Long', '# Body', 's'.repeat(2000), null);
  skill.run('MNL-4', 'ZEB', '縞馬', '# Body', 'Not to be spelled', null);
  database.close();
}

const digest = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

interface Exported {
  readonly ref: string;
  readonly author: string;
  readonly source: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function exported(): Promise<ReadonlyMap<string, Exported>> {
  const lines = (await chl('export')).stdout.trim().split('\n');
  return new Map(lines.map((line) => JSON.parse(line) as Exported).map((entry) => [entry.ref, entry]));
}

test('everything that can be brought over is, the rest is told row by row, and the file stays as it was', async () => {
  makeAncestor(file);
  const before = await digest(file);
  const { exitCode, stdout } = await chl('import', file, '--json');
  const answer = JSON.parse(stdout);
  expect(answer).toMatchObject({ created: 6, updated: 0, failed: 4, new_categories: 1 });
  expect(answer.failures.map(({ ref, message }: { ref: string; message: string }) => [ref, message])).toEqual(
    [
      ['EXP-4', expect.stringContaining('title')],
      ['EXP-5', 'skipped: its context is not JSON'],
      ['EXP-6', 'skipped: it has no category'],
      ['MNL-4', 'skipped: it has no name that letters or digits could spell'],
    ],
  );
  expect(exitCode).toBe(1);
  expect(await digest(file)).toBe(before);
  expect((await readdir(world.folder)).filter((name) => name.startsWith('ancestor'))).toEqual([
    'ancestor.db',
  ]);

  const entries = await exported();
  expect(entries.get('EXP-1')).toMatchObject({
    author: 'ann',
    source: 'global',
    data: { title: 'Name every state' },
  });
  expect(entries.get('EXP-2')?.data).toMatchObject({ section: 'contextual', context: { season: 'winter' } });
  expect(entries.get('MNL-1')?.data).toMatchObject({
    name: 'page-specs-how-to',
    description: 'Writes page specs',
    content: '# Steps',
    metadata: { title: 'Page Spécs: how to' },
  });
  expect(entries.get('MNL-2')?.data).toMatchObject({
    name: 'page-specs-how-to-2',
    description: 'Page specs, how to',
  });
  // A summary longer than a description may be is kept whole, in the content.
  expect(entries.get('MNL-3')?.data['content']).toBe(`${'s'.repeat(2000)}\n\n# Body`);
});

test('run again, it stores nothing twice; a changed row is updated', async () => {
  makeAncestor(file);
  await chl('import', file);
  const again = JSON.parse((await chl('import', file, '--json')).stdout);
  expect(again).toMatchObject({ created: 0, updated: 0, unchanged: 6, failed: 4, new_categories: 0 });
  const database = new Database(file);
  database.exec("UPDATE experiences SET playbook = 'Carrots and hay.' WHERE id = 'EXP-2'");
  database.close();
  const changed = JSON.parse((await chl('import', file, '--json')).stdout);
  expect(changed).toMatchObject({ created: 0, updated: 1, unchanged: 5 });
});

test('what is only in its write-ahead log is read, and the log stays', async () => {
  const writing = join(world.folder, 'writing.db');
  makeAncestor(writing);
  const database = new Database(writing);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
  database.exec(
    "INSERT INTO experiences (id, category_code, section, title, playbook) VALUES ('EXP-9', 'ZEB', 'useful', 'Late', 'In the log.')",
  );
  // As a crash would leave them: both files, and nobody at them.
  const [main, wal] = [await readFile(writing), await readFile(`${writing}-wal`)];
  database.close();
  await writeFile(file, main);
  await writeFile(`${file}-wal`, wal);
  expect(JSON.parse((await chl('import', file, '--json')).stdout)).toMatchObject({ created: 7 });
  expect(await readFile(`${file}-wal`)).toEqual(wal);
  expect(await readFile(file)).toEqual(main);
});

test('a file of the older age, whose skills are manuals and have a name of their own', async () => {
  makeAncestor(file);
  const database = new Database(file);
  database.exec(`ALTER TABLE category_skills RENAME TO category_manuals;
    ALTER TABLE category_manuals ADD COLUMN name TEXT; ALTER TABLE category_manuals ADD COLUMN description TEXT;
    UPDATE category_manuals SET name = 'page-specs', description = 'Said so' WHERE id = 'MNL-1'`);
  database.close();
  await chl('import', file);
  expect((await exported()).get('MNL-1')?.data).toMatchObject({ name: 'page-specs', description: 'Said so' });
});

test('what is not such a file is refused in words, and nothing is stored', async () => {
  const other = new Database(file);
  other.exec('CREATE TABLE notes (id)');
  other.close();
  expect((await chl('import', file)).stderr).toContain('a SQLite database, but not one of CHL');

  makeAncestor(`${file}.2`);
  const without = new Database(`${file}.2`);
  without.exec('ALTER TABLE experiences DROP COLUMN playbook');
  without.close();
  expect((await chl('import', `${file}.2`)).stderr).toContain('the table experiences has no column playbook');

  await writeFile(`${file}.3`, `SQLite format 3\0${'garbage'.repeat(1000)}`);
  const garbage = await chl('import', `${file}.3`);
  expect(garbage.exitCode).toBe(1);
  expect(garbage.stderr).toContain('cannot be read as a SQLite database');

  await chl('import', `${file}.none`);
  const own = join(world.environment['CHL_DATA_DIR']!, 'chl.db');
  await rename(own, `${file}.own`);
  expect((await chl('import', `${file}.own`)).stderr).toContain('a database of this service');
  expect((await readdir(world.folder)).filter((name) => name.startsWith('chl-import-'))).toEqual([]);
});
