import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'libsql';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exportResponse } from '../../src/service/contract/read.ts';
import { updateResponse } from '../../src/service/contract/write.ts';
import { Client, eventually, experience } from '../http/support/client.ts';
import { buildProgram } from '../support/build.ts';
import { mutatedProgram } from './crash/mutated-program.ts';
import { databaseOf, checkFiles } from './support/database-check.ts';
import { isLong } from './support/form.ts';
import { Victim } from './support/victim.ts';

const MAX_MS = 400_000;

let program: string;
let dataDir: string;
let victims: Victim[];
let holders: ChildProcess[];

beforeAll(async () => {
  program = await buildProgram();
});

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'chl-database-'));
  victims = [];
  holders = [];
});

afterEach(async () => {
  for (const victim of victims) await victim.kill();
  for (const holder of holders) holder.kill('SIGKILL');
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function start(environment: Readonly<Record<string, string>> = {}, of = program) {
  const victim = new Victim({ program: of, dataDir, environment: { CHL_LOG_LEVEL: 'info', ...environment } });
  victims.push(victim);
  return { victim, client: new Client(await victim.serving) };
}

const write = (client: Client, n: number): Promise<Response> =>
  client.post(
    '/api/v1/entries/write',
    experience(`Entry number${n}`, `Text of word${n}.`, { duplicates: 'skip' }),
    {
      'Idempotency-Key': `key-${n}`,
    },
  );

async function titles(client: Client): Promise<readonly string[]> {
  const { experiences } = await client.ok(exportResponse, client.send('GET', '/api/v1/entries/export'));
  return experiences.flatMap((entry) => ('title' in entry ? entry.title : [])).toSorted();
}

const titleOf = (n: number): string => `Entry number${n}`;

describe('another process holds the write lock', () => {
  /** A process that takes the lock, keeps it for so long, and leaves. */
  async function holdFor(ms: number): Promise<ChildProcess> {
    const script = `
      const Database = require('libsql');
      const database = new Database(${JSON.stringify(databaseOf(dataDir))}, { timeout: 5000 });
      database.exec('BEGIN IMMEDIATE');
      process.stdout.write('locked');
      setTimeout(() => { database.exec('COMMIT'); database.close(); }, ${ms});`;
    const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    holders.push(holder);
    await once(holder.stdout, 'data');
    return holder;
  }

  test('for 500 ms: writes wait, and none fails', { timeout: MAX_MS }, async () => {
    const { client } = await start();
    expect((await write(client, 1)).status).toBe(200);
    const holder = await holdFor(500);
    const statuses = await Promise.all([2, 3, 4].map(async (n) => (await write(client, n)).status));
    expect(statuses).toEqual([200, 200, 200]);
    if (holder.exitCode === null) await once(holder, 'exit');
    expect(await titles(client)).toEqual([1, 2, 3, 4].map(titleOf));
  });

  test(
    `for ${isLong ? 30 : 7} seconds: writes are refused as retryable, reads go on, and nothing is lost`,
    { timeout: MAX_MS },
    async () => {
      const { victim, client } = await start();
      expect((await write(client, 1)).status).toBe(200);
      const holder = await holdFor(isLong ? 30_000 : 7_000);
      const refused = await client.refused(write(client, 2), 503);
      expect(refused.error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
      expect((await client.read({ query: 'word1', mode: 'text' })).entries).toHaveLength(1);
      if (holder.exitCode === null) await once(holder, 'exit');
      await eventually(
        async () => (await write(client, 2)).status,
        (status) => status === 200,
      );
      expect((await write(client, 3)).status).toBe(200);
      // What was acknowledged after the refusal must not hang in a transaction that failed.
      await victim.kill();
      const next = await start();
      expect(await titles(next.client)).toEqual([1, 2, 3].map(titleOf));
    },
  );
});

describe('damaged full-text tables', () => {
  const damages: Readonly<Record<string, string>> = {
    'postings are gone': 'DELETE FROM entries_fts_data WHERE id > 10',
    'every block is garbage': 'UPDATE entries_fts_data SET block = randomblob(length(block))',
  };

  async function damaged(sql: string): Promise<void> {
    const { victim, client } = await start();
    for (const n of [1, 2, 3]) expect((await write(client, n)).status).toBe(200);
    expect(await victim.stop()).toBe(0);
    const database = new Database(databaseOf(dataDir));
    database.exec(sql);
    database.close();
    expect((await checkFiles(dataDir)).join()).toContain('full-text');
  }

  // FTS5 answers when the index cannot: here because its backend is not to be had.
  const withoutIndex = { CHL_INDEX_BACKEND: 'faiss-node', CHL_FAISS_NATIVE_DIR: '/nonexistent' };

  test.each(Object.entries(damages))(
    '%s: rebuilt by the start; searches and writes go on',
    { timeout: MAX_MS },
    async (_, sql) => {
      await damaged(sql);
      const { client } = await start(withoutIndex);
      const found = await eventually(
        async () => {
          const response = await client.post('/api/v1/entries/read', {
            entity_type: 'experience',
            query: 'word2',
            mode: 'text',
          });
          // Never a 500, not even in the moment before it is rebuilt.
          expect([200, 503]).toContain(response.status);
          return (
            ((await response.json()) as { entries?: { id: string; title: string; degraded: boolean }[] })
              .entries ?? []
          );
        },
        (entries) => entries.length === 1,
      );
      expect(found[0]).toMatchObject({ title: titleOf(2), degraded: true });
      const updates = { title: 'Changed number2', playbook: 'Text of otherword.' };
      await client.ok(
        updateResponse,
        client.post('/api/v1/entries/update', {
          entity_type: 'experience',
          category_code: 'TST',
          entry_id: found[0]!.id,
          updates,
        }),
      );
      expect((await client.read({ query: 'otherword', mode: 'text' })).entries).toHaveLength(1);
      expect((await client.read({ query: 'word2', mode: 'text' })).entries).toHaveLength(0);
    },
  );
});

const compiler = await promisify(execFile)('gcc', ['--version']).then(
  () => null,
  () => 'there is no gcc to compile the failing fsync',
);
const noShim = process.platform === 'linux' ? compiler : 'fsync is made to fail by LD_PRELOAD, on Linux';

describe.skipIf(noShim !== null)(`a failing fsync${noShim === null ? '' : ` (skipped: ${noShim})`}`, () => {
  let trigger: string;
  let shim: Readonly<Record<string, string>>;

  beforeEach(async () => {
    const library = join(dataDir, 'failing-fsync.so');
    const source = fileURLToPath(new URL('support/failing-fsync.c', import.meta.url));
    await promisify(execFile)('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
    trigger = join(dataDir, 'fail-sync');
    shim = { LD_PRELOAD: library, FAIL_SYNC: trigger };
  });

  /** What the test of the service promises, so that a service with a mistake can be held against it. */
  async function surviveFailingCommits(of: string): Promise<void> {
    const { victim, client } = await start({ ...shim, FAIL_SYNC_OF: 'chl.db' }, of);
    for (const n of [1, 2]) expect((await write(client, n)).status).toBe(200);
    await writeFile(trigger, '');
    const failed = await client.refused(write(client, 3), 503);
    expect(failed.error).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryable: true });
    // The disk is still bad: nothing may be acknowledged, not even what is in the file already.
    for (const n of [3, 4]) expect((await write(client, n)).status).toBe(503);
    expect((await client.read({ query: 'word1', mode: 'text' })).entries).toHaveLength(1);
    await rm(trigger);
    // The same keys: each takes effect once.
    for (const n of [3, 4, 5]) expect((await write(client, n)).status).toBe(200);
    await victim.kill();
    const next = await start({}, of);
    expect(await titles(next.client)).toEqual([1, 2, 3, 4, 5].map(titleOf));
  }

  test(
    'of the database: 503 "outcome unknown", then 503, and what is acknowledged afterwards survives kill -9',
    { timeout: MAX_MS },
    () => surviveFailingCommits(program),
  );

  test(
    'the test sees a planted bug: a failed commit is taken for a success',
    { timeout: MAX_MS },
    async () => {
      const careless = await mutatedProgram('adapters/catalog/libsql/local-writer.ts', [
        ['throw await this.#judgeFailedCommit(error, (session) => isVisible(session, result));', ';'],
      ]);
      await expect(surviveFailingCommits(careless)).rejects.toThrow('200');
    },
  );

  test(
    'of the growing log: the write is acknowledged by the database, and the index says what is wrong',
    { timeout: MAX_MS },
    async () => {
      const { victim, client } = await start({ ...shim, FAIL_SYNC_OF: 'growing-' });
      await eventually(
        () => client.indexStatus(),
        (status) => status.status === 'available',
      );
      expect((await write(client, 1)).status).toBe(200);
      await writeFile(trigger, '');
      expect((await write(client, 2)).status).toBe(200);
      const status = await client.indexStatus();
      expect(status.unsaved_changes).toBeGreaterThan(0);
      expect(status.counters.failed_saves).toBeGreaterThan(0);
      await rm(trigger);
      expect((await write(client, 3)).status).toBe(200);
      await eventually(
        () => client.indexStatus(),
        (now) => now.unsaved_changes === 0,
      );
      await victim.kill();
      const next = await start();
      await eventually(
        () => next.client.indexStatus(),
        (now) => now.status === 'available' && now.index_size === 3,
      );
      expect(await titles(next.client)).toEqual([1, 2, 3].map(titleOf));
    },
  );
});
