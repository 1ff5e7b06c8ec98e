import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { saveResponse } from '../../src/service/contract/admin.ts';
import { writeResponse } from '../../src/service/contract/write.ts';
import { Client, eventually, experience } from '../http/support/client.ts';
import { runCli } from '../cli/run-cli.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Room for the program's files, the reserve, and some hundred entries. */
const DISK_MB = 10;
const RESERVE_MB = 2;
const WRITERS = 4;
/** More than fit: the loop ends at the full disk. */
const WRITES_MAX = 4_000;

const refusal = mountRefusal();

describe.skipIf(refusal !== null)(`a full disk${refusal === null ? '' : ` (skipped: ${refusal})`}`, () => {
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
  let disk: string;
  let server: TestServer;
  let client: Client;
  /** Writes whose outcome the service did not know. */
  let unknown: number;

  beforeAll(() => {
    disk = mkdtempSync(join(tmpdir(), 'chl-disk-'));
  });

  beforeEach(async () => {
    unknown = 0;
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', disk]);
    await start();
  });

  afterEach(async () => {
    await server.stop();
    // Lazily: SQLite's files of this process are closed when their statements are collected.
    execFileSync('umount', ['-l', disk]);
  });

  afterAll(() => rmSync(disk, { recursive: true, force: true }));

  async function start(): Promise<void> {
    server = await startServer({
      runtime: 'node',
      dataDir: join(disk, 'data'),
      environment: {
        CHL_INDEX_BACKEND: 'flat',
        CHL_DISK_RESERVE_MB: String(RESERVE_MB),
        CHL_GROWING_MAX_VECTORS: '100',
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

  /** 507; or 503 where even asking whether a failed commit took effect found no room. Never a false yes. */
  async function expectNoRoom(response: Response): Promise<void> {
    const status = response.status === 503 ? 503 : 507;
    const { error } = await client.refused(response, status);
    expect(error).toMatchObject({
      code: status === 507 ? 'STORAGE_FULL' : 'OUTCOME_UNKNOWN',
      retryable: true,
    });
    if (status === 503) unknown += 1;
  }

  /** Everything that was acknowledged and nothing else, but for writes that nobody was told the fate of. */
  async function expectStored(acknowledged: readonly string[]): Promise<void> {
    const found = await stored();
    expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
    expect(found.size - acknowledged.length).toBeLessThanOrEqual(unknown);
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
    const { stdout, exitCode } = await runCli(['verify'], { CHL_DATA_DIR: join(disk, 'data') });
    expect(stdout).toContain('Everything is as it should be.');
    expect(exitCode).toBe(0);
  });

  test('that somebody else has filled to the last byte is survived, over a restart, until there is room', async () => {
    const kept = (await client.write('Stored before', 'There was room then.')).entry_id;
    const gone = (await client.write('To be deleted', 'It must go although the disk is full.')).entry_id;
    const ballast = join(disk, 'ballast');
    takeEverything(disk, ballast);
    // Until the room that SQLite had already is used up.
    const acknowledged = await fill();
    takeEverything(disk, `${ballast}-2`);
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
  });
});

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
