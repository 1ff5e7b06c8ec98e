import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Client } from '../http/support/client.ts';
import { runCli, type CliResult } from './run-cli.ts';
import { freshEnvironment, startService, type RunningService } from './running-service.ts';

let world: Awaited<ReturnType<typeof freshEnvironment>>;
let service: RunningService | null;

beforeEach(async () => {
  world = await freshEnvironment();
  service = null;
});

afterEach(async () => {
  await service?.stop();
  await world.dispose();
});

const path = (name: string): string => join(world.folder, name);
const dataFile = (name: string): string => join(world.folder, 'data', name);

/** The first pages stay as they are, and with them who the database is. */
async function overwritten(file: string, from: number): Promise<void> {
  const bytes = await readFile(file);
  await writeFile(file, bytes.fill(0x5a, Math.floor(bytes.length * from)));
}

const chl = (...args: string[]): Promise<CliResult> =>
  runCli(args, service === null ? world.environment : { ...world.environment, CHL_URL: service.url });

async function startWithEntries(count: number): Promise<Client> {
  service = await startService(world.environment);
  const client = new Client(service.url);
  for (let i = 0; i < count; i += 1)
    await client.write(`Lesson ${i} about walruses`, `Feed walrus ${i} fish.`);
  return client;
}

async function stopService(): Promise<void> {
  await service?.stop();
  service = null;
}

/** Titles of what a start on the folder holds. */
async function titles(): Promise<readonly string[]> {
  const { stdout, exitCode } = await chl('export');
  expect(exitCode).toBe(0);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { data: { title: string } }).data.title).toSorted();
}

function audited(): readonly string[] {
  const database = new Database(dataFile('chl.db'), { readonly: true });
  const rows = database.prepare('SELECT action FROM audit ORDER BY audit_id').all() as { action: string }[];
  database.close();
  return rows.map(({ action }) => action);
}

describe('a backup', () => {
  test('taken while writes go on is one moment of the database, and comes back by restore', async () => {
    const client = await startWithEntries(5);
    const backedUp = new AbortController();
    const written: string[] = [];
    const writing = (async () => {
      for (let i = 0; !backedUp.signal.aborted; i += 1) {
        await client.write(`Note ${i}`, `Written during the backup ${i}.`);
        written.push(`Note ${i}`);
      }
    })();
    const before = written.length;
    const { exitCode, stderr } = await chl('backup', path('copy.db'));
    backedUp.abort();
    await writing;
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    const later = await client.write('Written after the backup', 'It must not come back.');
    await stopService();

    const restored = await chl('restore', path('copy.db'), '--json');
    expect(restored).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(restored.stdout)).toMatchObject({ epoch: 2, damagedKeptAs: null });
    const held = await titles();
    expect(held.filter((title) => title.startsWith('Lesson'))).toHaveLength(5);
    expect(held).not.toContain('Written after the backup');
    // A prefix of what was written: no later note without every earlier one.
    const notes = held.filter((title) => title.startsWith('Note'));
    expect(notes.toSorted()).toEqual(written.slice(0, notes.length).toSorted());
    expect(notes.length).toBeGreaterThanOrEqual(before);
    expect(audited()).toContain('restore');
    // The index of the undone history says nothing any more, and a token of it waits for nothing.
    const search = await chl('search', 'Written', 'after', 'the', 'backup', '--json');
    expect(search.stdout).not.toContain(later.entry_id);
    const { stdout } = await chl('verify');
    expect(stdout).toContain('Everything is as it should be.');
  });

  test('without a service is taken from the data folder', async () => {
    await startWithEntries(2);
    await stopService();
    expect(await chl('backup', path('copy.db'), '--json')).toMatchObject({ exitCode: 0 });
    const copy = new Database(path('copy.db'), { readonly: true });
    expect(copy.prepare('SELECT count(*) AS n FROM entries').get()).toMatchObject({ n: 2 });
    copy.close();
    expect(audited()).toContain('backup');
    expect((await readdir(join(world.folder, 'data'))).filter((name) => name.includes('copy-'))).toEqual([]);
  });

  test('replaces no file unless it is told to', async () => {
    await startWithEntries(1);
    await writeFile(path('copy.db'), 'mine');
    expect(await chl('backup', path('copy.db'))).toMatchObject({ exitCode: 2 });
    expect(await readFile(path('copy.db'), 'utf8')).toBe('mine');
    expect(await chl('backup', path('copy.db'), '--force')).toMatchObject({ exitCode: 0 });
    expect((await stat(path('copy.db'))).size).toBeGreaterThan(4096);
    expect(existsSync(path('copy.db.partial'))).toBe(false);
  });

  test('needs an admin key, and its answer says what it is', async () => {
    world = await freshEnvironment({ CHL_API_KEYS: 'w:write:writing-key-123456,a:admin:admin-key-1234567' });
    service = await startService(world.environment);
    const take = (key: string): Promise<Response> =>
      fetch(`${service!.url}/admin/backup`, { method: 'POST', headers: { Authorization: `Bearer ${key}` } });
    expect((await take('writing-key-123456')).status).toBe(403);
    const response = await take('admin-key-1234567');
    expect(response.headers.get('Content-Type')).toBe('application/vnd.sqlite3');
    expect(response.headers.get('Content-Digest')).toMatch(/^sha-256=:.{44}:$/);
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(bytes.length).toBe(Number(response.headers.get('Content-Length')));
    expect(new TextDecoder().decode(bytes.subarray(0, 15))).toBe('SQLite format 3');
  });
});

describe('a restore', () => {
  test.each([
    ['is cut short', async (file: string) => truncate(file, 20_000)],
    ['is no database', async (file: string) => writeFile(file, 'not a database, '.repeat(1000))],
    ['is of another program', async (file: string) => foreignDatabase(file)],
  ])('of a file that %s changes nothing', async (_name, damage) => {
    await startWithEntries(2);
    expect(await chl('backup', path('copy.db'))).toMatchObject({ exitCode: 0 });
    await stopService();
    await damage(path('copy.db'));
    const { exitCode, stderr } = await chl('restore', path('copy.db'));
    expect(exitCode).not.toBe(0);
    expect(stderr).not.toBe('');
    expect(await titles()).toHaveLength(2);
    expect((await readdir(join(world.folder, 'data'))).filter((name) => name.includes('restor'))).toEqual([]);
  });

  test('is refused while a service runs, which it names', async () => {
    await startWithEntries(1);
    expect(await chl('backup', path('copy.db'))).toMatchObject({ exitCode: 0 });
    const { exitCode, stderr } = await chl('restore', path('copy.db'));
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`process ${process.pid}`);
  });

  test.each([
    ['cannot be read', (file: string) => writeFile(file, 'damaged beyond reading, '.repeat(1000))],
    ['can be read in part', (file: string) => overwritten(file, 0.3)],
  ])('keeps a database that %s, and takes its place', async (_name, damage) => {
    await startWithEntries(3);
    expect(await chl('backup', path('copy.db'))).toMatchObject({ exitCode: 0 });
    await stopService();
    await damage(dataFile('chl.db'));
    const { exitCode, stdout } = await chl('restore', path('copy.db'));
    expect(stdout).toContain('damaged');
    expect(stdout).toContain(join(world.folder, 'data'));
    expect(exitCode).toBe(0);
    expect(await titles()).toHaveLength(3);
    const kept = (await readdir(join(world.folder, 'data'))).filter((name) =>
      name.startsWith('chl.db.damaged-'),
    );
    // With the log that belongs to it.
    expect(kept.filter((name) => /-\d+$/.test(name))).toHaveLength(1);
  });

  test('into an empty folder makes the same content, with another history', async () => {
    await startWithEntries(3);
    expect(await chl('backup', path('copy.db'))).toMatchObject({ exitCode: 0 });
    await stopService();
    const elsewhere = { ...world.environment, CHL_DATA_DIR: path('elsewhere') };
    const restored = await runCli(['restore', path('copy.db'), '--json'], elsewhere);
    expect(JSON.parse(restored.stdout)).toMatchObject({ entries: 3, epoch: 2 });
    expect(await runCli(['verify'], elsewhere)).toMatchObject({ exitCode: 0 });
  });

  test('after it the snapshot of the undone future is not believed, though its numbers fit', async () => {
    const client = await startWithEntries(3);
    expect(await chl('backup', path('copy.db'))).toMatchObject({ exitCode: 0 });
    await client.write('Undone one', 'It is in the snapshot only.');
    await stopService();
    expect(await chl('restore', path('copy.db'))).toMatchObject({ exitCode: 0 });
    service = await startService(world.environment);
    const again = new Client(service.url);
    const status = await again.indexStatus();
    expect(status.recovery?.source).toBe('rebuild');
    expect(status.recovery?.reasons.join()).toContain('epoch 1');
    const written = await again.write('Another fourth', 'It takes the number of the undone one.');
    expect(written.seq).toBe('2:4');
    expect((await again.indexStatus()).index_size).toBe(4);
  });
});

describe('compact', () => {
  test.each(['running', 'stopped'] as const)('gives room back while the service is %s', async (state) => {
    const client = await startWithEntries(0);
    await client.import(Array.from({ length: 100 }, (_, i) => bigEntry(i)));
    const { entries } = await client.read({ category_code: 'TST', limit: 40 });
    await Promise.all(entries.map(({ id }) => client.remove(id)));
    if (state === 'stopped') await stopService();
    const { stdout, exitCode } = await chl('compact', '--json');
    expect(exitCode).toBe(0);
    const { bytes_before: before, bytes_after: after } = JSON.parse(stdout) as Record<string, number>;
    expect(after).toBeLessThan(before!);
    if (state === 'running') {
      expect((await client.write('After', 'Writes go on.')).success).toBe(true);
      await stopService();
    }
    expect(audited()).toContain('compact');
    expect(await chl('verify')).toMatchObject({ exitCode: 0 });
  });
});

describe('rebuild', () => {
  test.each(['running', 'stopped'] as const)(
    'builds the index from the database while the service is %s',
    async (state) => {
      await startWithEntries(4);
      if (state === 'stopped') await stopService();
      const { stdout, exitCode } = await chl('rebuild', '--json');
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ status: 'success', vectors_count: 4 });
      await stopService();
      expect(audited()).toContain('index.rebuild');
    },
  );
});

const bigEntry = (number: number) => ({
  entity_type: 'experience',
  category_code: 'TST',
  data: { section: 'useful', title: `Big ${number}`, playbook: `${number} ${'walrus '.repeat(280)}` },
});

async function foreignDatabase(file: string): Promise<void> {
  const database = new Database(`${file}.other`);
  database.exec('CREATE TABLE other (x); INSERT INTO other VALUES (1)');
  database.close();
  await copyFile(`${file}.other`, file);
}
