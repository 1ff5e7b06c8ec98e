import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Client } from '../http/support/client.ts';
import { runCli, type CliResult } from './run-cli.ts';
import { freshEnvironment, startService, type RunningService } from './running-service.ts';

/** Two sealed segments, and some rows in the growing log. */
const ENTRIES = 40;

let world: Awaited<ReturnType<typeof freshEnvironment>>;

beforeEach(async () => {
  world = await freshEnvironment({ CHL_GROWING_MAX_VECTORS: '16', CHL_CHANGES_RETENTION: '1000' });
  await whileServing(async (client) => {
    const lines = Array.from({ length: ENTRIES }, (_, i) => ({
      entity_type: 'experience',
      category_code: 'TST',
      data: { section: 'useful', title: `Lesson ${i} about otters`, playbook: `Give otter ${i} a stone.` },
      tags: ['river', `otter-${i}`],
    }));
    await client.import(lines);
    const { entries } = await client.read({ category_code: 'TST', limit: 3 });
    for (const entry of entries) await client.remove(entry.id);
  });
});

afterEach(() => world.dispose());

const chl = (...args: string[]): Promise<CliResult> => runCli(args, world.environment);
const folder = (): string => join(world.folder, 'data', 'index');

async function whileServing(work: (client: Client) => Promise<void>): Promise<void> {
  const service: RunningService = await startService(world.environment);
  try {
    await work(new Client(service.url));
  } finally {
    await service.stop();
  }
}

function sql(...statements: string[]): void {
  const database = new Database(join(world.folder, 'data', 'chl.db'));
  for (const statement of statements) database.exec(statement);
  database.close();
}

async function fileOf(prefix: string): Promise<string> {
  const name = (await readdir(folder())).find((found) => found.startsWith(prefix));
  if (name === undefined) throw new Error(`There is no ${prefix} in the folder of the index.`);
  return join(folder(), name);
}

async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = bytes[place]! ^ 1;
  await writeFile(file, bytes);
}

/** Damage, the sentence that names it, and what repair says that it did. */
const REPAIRABLE: readonly [name: string, damage: () => Promise<void> | void, named: RegExp, done: RegExp][] =
  [
    [
      'a flipped bit in a segment',
      async () => flip(await fileOf('segment-'), 3_000),
      /has a damaged segment-/,
      /Rebuilt the index/,
    ],
    [
      'a segment cut short',
      async () => truncate(await fileOf('segment-'), 512),
      /has 512 bytes in segment-/,
      /Rebuilt the index/,
    ],
    [
      'a segment that is gone',
      async () => rm(await fileOf('segment-')),
      /misses segment-/,
      /Rebuilt the index/,
    ],
    [
      'a damaged manifest',
      async () => flip(join(folder(), 'manifest'), 200),
      /does not match its own checksum/,
      /Dropped the snapshots/,
    ],
    [
      'a record damaged inside the log',
      async () => flip(await fileOf('growing-'), 400),
      /is damaged at byte/,
      /Rebuilt the index/,
    ],
    [
      'an entry that the full-text index lost',
      () => sql(`DELETE FROM entries_fts_docsize WHERE id = 5`),
      /is not in the full-text index/,
      /Built the full-text index anew/,
    ],
    [
      'words that the full-text index lost',
      () =>
        sql(
          `INSERT INTO entries_fts (entries_fts, rowid, heading, body) SELECT 'delete', entry_key, heading, body FROM entries WHERE entry_key = 7`,
        ),
      /differs from the entries/,
      /Built the full-text index anew/,
    ],
    [
      'a vector cut short',
      () => sql(`UPDATE embeddings SET vector = zeroblob(40) WHERE entry_key = 5`),
      /has 10 numbers instead of 384/,
      /waits for a new vector/,
    ],
    [
      'a vector of zeros',
      () => sql(`UPDATE embeddings SET vector = zeroblob(1536) WHERE entry_key = 5`),
      /has length 0.000 instead of 1/,
      /waits for a new vector/,
    ],
    [
      'a vector that is gone',
      () => sql(`DELETE FROM embeddings WHERE entry_key = 5`),
      /is embedded and names vector 5; stored is none/,
      /waits for a new vector/,
    ],
    [
      'an entry in no queue',
      () =>
        sql(
          `DELETE FROM embeddings WHERE entry_key = 5`,
          `UPDATE entries SET embedding_status = 'pending', vector_id = NULL WHERE entry_key = 5`,
        ),
      /is pending and does not wait for a vector/,
      /waits for a new vector/,
    ],
  ];

/** What only a backup can bring back. */
const IRREPARABLE: readonly [name: string, damage: () => Promise<void> | void, named: RegExp][] = [
  ['a change that is missing', () => sql('DELETE FROM changes WHERE seq = 5'), /the change after 4 is 6/],
  [
    'an entry that its changes do not know',
    () => sql('UPDATE entries SET seq = 2 WHERE entry_key = 9'),
    /is of change 2, and its newest is 9/,
  ],
  [
    'an entry without its history',
    () => sql(`DELETE FROM entry_history WHERE seq = 9`),
    /its history at none/,
  ],
  [
    'an entry of no category',
    () => sql('PRAGMA foreign_keys = OFF', `UPDATE entries SET category_code = 'GONE' WHERE entry_key = 9`),
    /refers to a row of categories/,
  ],
  [
    'tags in one place only',
    () => sql(`DELETE FROM entry_tags WHERE tag = 'otter-8'`),
    /listed under other tags/,
  ],
  [
    'a file that is no database',
    async () => writeFile(join(world.folder, 'data', 'chl.db'), 'nothing of a database '.repeat(500)),
    /not a database/,
  ],
];

test('a service that ended well leaves nothing to find', async () => {
  const { exitCode, stdout, stderr } = await chl('verify');
  expect(stdout).toContain('Everything is as it should be.');
  expect(stdout).toContain(join(world.folder, 'data'));
  expect(stdout).not.toContain('problem');
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  const { stdout: json } = await chl('verify', '--json');
  expect(JSON.parse(json)).toMatchObject({ ok: true, repairs: [] });
});

test('is refused while a service runs, which it names', async () => {
  await whileServing(async () => {
    const { exitCode, stderr } = await chl('verify', '--repair');
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`process ${process.pid}`);
  });
});

describe('finds and repairs', () => {
  test.each(REPAIRABLE)('%s', async (_name, damage, named, done) => {
    await damage();
    const found = await chl('verify');
    expect(found.stdout).toMatch(named);
    expect(found.exitCode).toBe(1);
    const repaired = await chl('verify', '--repair');
    expect(repaired.stdout).toMatch(done);
    expect(repaired).toMatchObject({ exitCode: 0, stderr: expect.not.stringMatching(/problem/) as string });
    expect(await chl('verify')).toMatchObject({ exitCode: 0 });
    await whileServing(async (client) => {
      const { entries } = await client.read({ category_code: 'TST', limit: 100 });
      expect(entries).toHaveLength(ENTRIES - 3);
    });
  });
});

describe('finds, and leaves as it is', () => {
  test.each(IRREPARABLE)('%s', async (_name, damage, named) => {
    await damage();
    const { exitCode, stdout, stderr } = await chl('verify', '--repair');
    expect(stdout).toMatch(named);
    expect(stderr).toContain('restore a backup');
    expect(exitCode).toBe(1);
  });
});
