import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { saveResponse } from '../../src/service/contract/admin.ts';
import { writeResponse } from '../../src/service/contract/write.ts';
import { Client, eventually, experience } from '../http/support/client.ts';
import { runCli } from '../cli/run-cli.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Room for the program's files, the reserve, and about a hundred entries. */
const DISK_MB = 5;
const RESERVE_MB = 1;
const WRITERS = 4;
/** More than fit: the loop ends at the full disk. */
const WRITES_MAX = 4_000;

const refusal = mountRefusal();

describe.skipIf(refusal !== null)(`a full disk${refusal === null ? '' : ` (skipped: ${refusal})`}`, () => {
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
  let disk: string;
  let server: TestServer;
  let client: Client;

  beforeEach(async () => {
    // A path of its own: `chl verify` runs in this process, whose last connection to a database is closed
    // when its statements are collected, and then removes the log by its path. On a new file system at the
    // same path the database has the same inode again, which is all that SQLite compares before.
    disk = mkdtempSync(join(tmpdir(), 'chl-disk-'));
    mount(disk, DISK_MB);
    await start();
  });

  afterEach(async () => {
    await server.stop();
    // Lazily, because of the same connections.
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    server = await startServer({
      runtime: 'node',
      dataDir: join(disk, 'data'),
      environment: {
        CHL_INDEX_BACKEND: 'flat',
        CHL_DISK_RESERVE_MB: String(RESERVE_MB),
        CHL_GROWING_MAX_VECTORS: '40',
        CHL_LOG_LEVEL: 'info',
      },
    });
    client = new Client(server.url);
  }

  /** Writes until one is refused for want of room. @returns the ids that were acknowledged */
  async function fill(): Promise<string[]> {
    const acknowledged: string[] = [];
    let refused = 0;
    const write = async (writer: number): Promise<void> => {
      for (let i = 0; i < WRITES_MAX && refused < WRITERS; i += 1) {
        const body = experience(
          `Lesson ${writer}-${i} about beavers`,
          `Dam ${writer}-${i}. ${'mud and sticks '.repeat(120)}`,
        );
        const response = await client.post('/api/v1/entries/write', { ...body, duplicates: 'skip' });
        if (response.status === 200) acknowledged.push(writeResponse.parse(await response.json()).entry_id);
        else {
          await expectNoRoom(response);
          refused += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    expect(refused).toBeGreaterThan(0);
    return acknowledged;
  }

  async function expectNoRoom(response: Response | Promise<Response>): Promise<void> {
    const { error } = await client.refused(response, 507);
    expect(error).toMatchObject({ code: 'STORAGE_FULL', retryable: true });
    expect(error.hint).toMatch(/[Ff]ree/);
  }

  /** Everything that was acknowledged and nothing else. */
  async function expectStored(acknowledged: readonly string[]): Promise<void> {
    expect([...(await stored())].toSorted()).toEqual(acknowledged.toSorted());
  }

  async function expectVerified(): Promise<void> {
    const { stdout, exitCode } = await runCli(['verify'], { CHL_DATA_DIR: join(disk, 'data') });
    expect(stdout).toContain('Everything is as it should be.');
    expect(exitCode).toBe(0);
  }

  const remove = (id: string): Promise<Response> =>
    client.post('/api/v1/entries/delete', { entity_type: 'experience', entry_id: id });

  async function stored(): Promise<ReadonlySet<string>> {
    const text = await (await client.send('GET', '/api/v1/entries/export.ndjson')).text();
    const lines = text.split('\n').filter((line) => line !== '');
    return new Set(lines.map((line) => (JSON.parse(line) as { id: string }).id));
  }

  test('refuses writes with 507, half-writes nothing, reads, searches and deletes; deletions make room again', async () => {
    const acknowledged = await fill();
    await expectStored(acknowledged);
    const search = await client.post('/api/v1/search/', { query: 'beavers dam', limit: 5 });
    expect(search.status).toBe(200);
    expect(((await search.json()) as { count: number }).count).toBe(5);
    expect((await client.send('GET', '/health')).status).toBe(200);

    const removed = acknowledged.slice(0, Math.floor(acknowledged.length / 3));
    for (const id of removed) expect((await remove(id)).status).toBe(200);
    await expectStored(acknowledged.slice(removed.length));

    const after = await client.write('Written when there was room again', 'Its text is short.');
    const found = await client.post('/api/v1/search/', { query: 'written when there was room again' });
    expect(await found.text()).toContain(after.entry_id);
    expect((await client.send('GET', `/api/v1/entries/${removed[0]}`)).status).toBe(404);

    await server.stop();
    await expectVerified();
  });

  test('that somebody else has filled to the last byte is survived, over a restart, until there is room', async () => {
    const kept = (await client.write('Stored before', 'There was room then.')).entry_id;
    const gone = (await client.write('To be deleted', 'It must go although the disk is full.')).entry_id;
    const ballast = join(disk, 'ballast');
    takeEverything(disk, ballast);
    // Until the room that SQLite had already is used up.
    const acknowledged = await fill();
    takeEverything(disk, `${ballast}-2`);
    const { counters } = await client.indexStatus();
    await expectNoRoom(client.post('/admin/index/save', {}));
    await expectNoRoom(client.post('/admin/index/rebuild', {}));
    expect((await client.indexStatus()).counters.failed_saves).toBeGreaterThan(counters.failed_saves);
    expect((await remove(gone)).status).toBe(200);
    server.process.kill('SIGKILL');
    await server.stop();

    await start();
    await expectStored([kept, ...acknowledged]);
    rmSync(ballast);
    rmSync(`${ballast}-2`, { force: true });
    const title = 'Stored when there was room again';
    const response = await eventually(
      () => client.post('/api/v1/entries/write', experience(title, 'Nothing had to be restarted.')),
      ({ status }) => status === 200,
    );
    const { entry_id: id } = writeResponse.parse(await response.json());
    await expectStored([kept, ...acknowledged, id]);
    const status = await eventually(
      () => client.indexStatus(),
      ({ state }) => state === 'ready',
    );
    await client.ok(saveResponse, client.post('/admin/index/save', {}));
    expect(status.index_size).toBe((await stored()).size);
    await server.stop();
    await expectVerified();
  });
});

describe.skipIf(refusal !== null)('a full disk of the index alone', () => {
  let dataDir: string;
  let server: TestServer | undefined;

  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'chl-index-disk-'));
    mkdirSync(join(dataDir, 'index'));
    mount(join(dataDir, 'index'), 1);
  });

  afterAll(async () => {
    await server?.stop();
    execFileSync('umount', ['-l', join(dataDir, 'index')]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('refuses no write: what the growing log cannot take is searched, counted, and saved when there is room', async () => {
    server = await startServer({ runtime: 'node', dataDir, environment: { CHL_INDEX_BACKEND: 'flat' } });
    const client = new Client(server.url);
    await client.write('Logged', 'The growing log has it.');
    const ballast = join(dataDir, 'index', 'ballast');
    takeEverything(join(dataDir, 'index'), ballast);
    // A vector takes 1.6 KB, and the last page of the log has less than 4 KB left.
    for (const n of [1, 2, 3, 4, 5]) await client.write(`Unlogged ${n}`, `Number ${n} of five otters`);
    const full = await client.indexStatus();
    expect(full).toMatchObject({ state: 'ready', index_size: 6 });
    expect(full.unsaved_changes).toBeGreaterThan(0);
    expect(full.counters.failed_saves).toBeGreaterThan(0);
    const { entries } = await client.read({ query: 'five otters', mode: 'vector', limit: 6 });
    expect(entries.map(({ title }) => title)).toContain('Unlogged 5');
    expect(await (await client.send('GET', '/health')).text()).toContain('not saved: The disk is full.');

    const { error } = await client.refused(client.post('/admin/index/save', {}), 507);
    expect(error.code).toBe('STORAGE_FULL');
    rmSync(ballast);
    await client.ok(saveResponse, client.post('/admin/index/save', {}));
    const saved = await client.indexStatus();
    expect(saved.unsaved_changes).toBe(0);
    expect(saved.counters.failed_saves).toBeGreaterThan(full.counters.failed_saves);
    await server.stop();
    const { stdout, exitCode } = await runCli(['verify'], { CHL_DATA_DIR: dataDir });
    expect(stdout).toContain('Everything is as it should be.');
    expect(exitCode).toBe(0);
  }, 120_000);
});

function mount(folder: string, sizeMb: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', folder]);
}

/** Why no file system can be mounted here, or null. */
function mountRefusal(): string | null {
  if (process.platform !== 'linux') return 'tmpfs is of Linux';
  if (process.getuid?.() !== 0) return 'only root may mount a file system';
  const folder = mkdtempSync(join(tmpdir(), 'chl-mount-'));
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], {
    encoding: 'utf8',
  });
  if (status === 0) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return status === 0 ? null : `a file system cannot be mounted: ${stderr?.trim() ?? 'no mount'}`;
}

function takeEverything(disk: string, file: string): void {
  const { bavail, bsize } = statfsSync(disk);
  if (bavail > 0) writeFileSync(file, new Uint8Array(bavail * bsize));
}
