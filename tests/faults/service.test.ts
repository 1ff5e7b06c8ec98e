import { chmod, chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Client, eventually } from '../http/support/client.ts';
import { buildProgram } from '../support/build.ts';
import { indexFolderOf } from './support/database-check.ts';
import { Victim } from './support/victim.ts';

vi.setConfig({ testTimeout: 180_000 });

/** What the service does with what it finds on a real disk and in its processes, as its clients see it. */

let program: string;
let root: string;
let dataDir: string;
let victims: Victim[];

beforeAll(async () => {
  program = await buildProgram();
});

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chl-service-'));
  dataDir = join(root, 'data');
  victims = [];
});

afterEach(async () => {
  for (const victim of victims) await victim.kill();
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

async function start(environment: Readonly<Record<string, string>> = {}, folder = dataDir) {
  const victim = new Victim({ program, dataDir: folder, environment });
  victims.push(victim);
  return { victim, client: new Client(await victim.serving) };
}

const available = (client: Client) =>
  eventually(
    () => client.indexStatus(),
    (status) => status.status === 'available',
    60_000,
  );

async function writeSome(client: Client, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1)
    await client.write(`Entry number${n}`, `Text of word${n}.`, { duplicates: 'skip' });
}

async function expectFound(client: Client, ...numbers: readonly number[]): Promise<void> {
  for (const n of numbers) {
    for (const mode of ['vector', 'text']) {
      const { entries } = await client.read({ query: `word${n}`, mode, limit: 3 });
      expect(entries[0], `${n} by ${mode}`).toMatchObject({ title: `Entry number${n}`, degraded: false });
    }
  }
}

const health = async (client: Client) => {
  const response = await client.send('GET', '/health');
  return {
    code: response.status,
    body: (await response.json()) as {
      status: string;
      components: { faiss_index: { status: string; detail: string } };
    },
  };
};

test('the ladder as status shows it: snapshot, backup, rebuild, and what was replayed', async () => {
  const first = await start();
  await available(first.client);
  await writeSome(first.client, 1, 5);
  for (const _ of [1, 2]) expect((await first.client.post('/admin/index/save', {})).status).toBe(200);
  expect(await first.victim.stop()).toBe(0);

  const second = await start();
  expect((await available(second.client)).recovery).toMatchObject({
    source: 'snapshot',
    replayed: 0,
    reasons: [],
  });
  await second.victim.kill();

  await writeFile(join(indexFolderOf(dataDir), 'manifest'), 'not a manifest');
  const third = await start();
  const backup = await available(third.client);
  expect(backup.recovery).toMatchObject({ source: 'backup' });
  expect(backup.recovery?.reasons.join()).toContain('manifest');
  expect((await health(third.client)).body.components.faiss_index.detail).toMatch(
    /opened from backup.*manifest/,
  );
  await expectFound(third.client, 1, 5);
  await third.victim.kill();

  await rm(indexFolderOf(dataDir), { recursive: true });
  const fourth = await start();
  expect((await available(fourth.client)).recovery).toMatchObject({ source: 'rebuild' });
  await expectFound(fourth.client, 1, 5);
  expect((await health(fourth.client)).body.status).toBe('healthy');
});

test('an older copy of the database put back under a newer snapshot: the snapshot is refused, and its entries are gone', async () => {
  const first = await start();
  await available(first.client);
  await writeSome(first.client, 1, 2);
  expect(await first.victim.stop()).toBe(0);
  await cp(join(dataDir, 'chl.db'), join(root, 'old.db'));

  const second = await start();
  await available(second.client);
  await writeSome(second.client, 3, 4);
  expect(await second.victim.stop()).toBe(0);
  await cp(join(root, 'old.db'), join(dataDir, 'chl.db'));

  const third = await start();
  const { recovery, index_size } = await available(third.client);
  expect(recovery).toMatchObject({ source: 'rebuild' });
  expect(recovery?.reasons.join()).toContain('which the database does not have');
  expect(index_size).toBe(2);
  await expectFound(third.client, 1, 2);
});

test('the snapshot of another database is refused', async () => {
  const other = await start({}, join(root, 'other'));
  await available(other.client);
  await writeSome(other.client, 11, 14);
  expect(await other.victim.stop()).toBe(0);
  const mine = await start();
  await available(mine.client);
  await writeSome(mine.client, 1, 4);
  expect(await mine.victim.stop()).toBe(0);
  await rm(indexFolderOf(dataDir), { recursive: true });
  await cp(indexFolderOf(join(root, 'other')), indexFolderOf(dataDir), { recursive: true });
  const { client } = await start();
  const { recovery } = await available(client);
  expect(recovery).toMatchObject({ source: 'rebuild' });
  expect(recovery?.reasons.join()).toContain('another database');
  await expectFound(client, 1, 4);
});

const UNPRIVILEGED = 65_534;
const isRoot = process.getuid?.() === 0;
/** Root writes everywhere; what it starts as somebody else does not. */
const noOther = isRoot && spawnSync('setpriv', ['--version']).status !== 0 ? 'root, and no setpriv' : null;

test.skipIf(noOther !== null)(
  'a folder of snapshots that cannot be written: it serves, and says why nothing is saved',
  async () => {
    const first = await start();
    await available(first.client);
    await writeSome(first.client, 1, 3);
    expect(await first.victim.stop()).toBe(0);
    await chmod(indexFolderOf(dataDir), 0o555);
    const files = isRoot ? ['chl.db', 'owner.db'].map((name) => join(dataDir, name)) : [];
    for (const path of [root, dataDir, ...files]) if (isRoot) await chown(path, UNPRIVILEGED, UNPRIVILEGED);
    const victim = new Victim({
      program,
      dataDir,
      ...(isRoot
        ? { before: ['setpriv', `--reuid=${UNPRIVILEGED}`, `--regid=${UNPRIVILEGED}`, '--clear-groups'] }
        : {}),
    });
    victims.push(victim);
    const client = new Client(await victim.serving);
    await available(client);
    await writeSome(client, 4, 5);
    await expectFound(client, 1, 3, 4, 5);
    const status = await client.indexStatus();
    expect(status.unsaved_changes).toBeGreaterThan(0);
    expect(status.counters.failed_saves).toBeGreaterThan(0);
    expect((await client.post('/admin/index/save', {})).status).toBe(503);
    await victim.kill();
    await chmod(indexFolderOf(dataDir), 0o755);
    const next = await start();
    expect((await available(next.client)).index_size).toBe(5);
    await expectFound(next.client, 1, 3, 4, 5);
  },
);

const withoutFaiss = { CHL_FAISS_NATIVE_DIR: '/nonexistent' };

test('no native module: auto serves from hnswlib-wasm, and says why', async () => {
  const { client } = await start(withoutFaiss);
  const { backend, recovery } = await available(client);
  expect(backend).toBe('hnswlib-wasm');
  expect(recovery?.reasons.join()).toContain('faiss-node');
  await writeSome(client, 1, 3);
  await expectFound(client, 1, 2, 3);
});

test('no native module, and faiss-node asked for by name: no vectors, a clear reason, and text search', async () => {
  const { client } = await start({ ...withoutFaiss, CHL_INDEX_BACKEND: 'faiss-node' });
  await writeSome(client, 1, 3);
  const status = await eventually(
    () => client.indexStatus(),
    (now) => now.state === 'unavailable',
  );
  expect(status).toMatchObject({ status: 'unavailable', reason: expect.stringContaining('faiss-node') });
  const { code, body } = await health(client);
  expect(code).toBe(200);
  expect(body).toMatchObject({ status: 'degraded', components: { faiss_index: { status: 'degraded' } } });
  expect(body.components.faiss_index.detail).toContain('faiss-node');
  const { entries } = await client.read({ query: 'word2' });
  expect(entries[0]).toMatchObject({ title: 'Entry number2', degraded: true, provider: 'fts5' });
});

test.skipIf(process.platform !== 'linux')(
  'the index process killed in the middle of searches: every search is answered, and it heals',
  async () => {
    const { victim, client } = await start();
    await available(client);
    await writeSome(client, 1, 20);
    const [indexProcess] = victim.descendants();
    const searches = Array.from({ length: 200 }, (_, n) =>
      client.post('/api/v1/entries/read', {
        entity_type: 'experience',
        query: `word${1 + (n % 20)}`,
        limit: 3,
      }),
    );
    process.kill(indexProcess!, 'SIGKILL');
    for (const [n, response] of (await Promise.all(searches)).entries()) {
      const text = await response.text();
      expect(response.status, text).toBe(200);
      const { entries } = JSON.parse(text) as { entries: { title: string }[] };
      expect(entries[0]?.title).toBe(`Entry number${1 + (n % 20)}`);
    }
    // Written while it is away: there when it is back.
    await client.write('Entry number21', 'Text of word21.', { duplicates: 'skip' });
    await eventually(
      () => client.indexStatus(),
      (status) => status.status === 'available' && status.index_size === 21,
      60_000,
    );
    expect(victim.descendants()).not.toContain(indexProcess);
    await expectFound(client, 1, 20, 21);
  },
);

test('a second service on the same folder is refused and says who owns it; the lock dies with its owner', async () => {
  const { victim, client } = await start();
  await writeSome(client, 1, 1);
  const second = new Victim({ program, dataDir });
  victims.push(second);
  await expect(second.serving).rejects.toThrow(`process ${victim.pid} on`);
  await victim.kill();
  const third = await start();
  expect((await third.client.read({ query: 'word1', mode: 'text' })).count).toBe(1);
});

test.each(['periodic', 'manual'] as const)(
  '%s: what no file has yet survives kill -9, replayed from the database',
  async (policy) => {
    const first = await start({ CHL_FAISS_SAVE_POLICY: policy });
    await available(first.client);
    await writeSome(first.client, 1, 6);
    expect((await first.client.indexStatus()).unsaved_changes).toBe(6);
    await first.victim.kill();
    const second = await start({ CHL_FAISS_SAVE_POLICY: policy });
    const { index_size: size, recovery } = await available(second.client);
    expect(size).toBe(6);
    expect(recovery).toMatchObject({ source: 'rebuild', reasons: ['no snapshot has been saved'] });
    await expectFound(second.client, 1, 6);
    // An orderly end saves under every policy.
    expect(await second.victim.stop()).toBe(0);
    const third = await start({ CHL_FAISS_SAVE_POLICY: policy });
    expect((await available(third.client)).recovery).toMatchObject({ source: 'snapshot', replayed: 0 });
  },
);
