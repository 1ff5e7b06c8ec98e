import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { writeResponse } from '../../src/service/contract/write.ts';
import { Client, eventually, experience } from '../http/support/client.ts';
import { buildProgram } from '../support/build.ts';
import { startServer, stopProcess } from '../support/server.ts';

/** What the service promises, from the first signal to its end. */
const STOP_MAX_MS = 10_000;
const WRITERS = 8;

const pidOneRefusal = namespaceRefusal();
let dataDir: string;
let children: ChildProcess[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'chl-stop-'));
  children = [];
});

afterEach(async () => {
  for (const child of children) await stopProcess(child);
  await rm(dataDir, { recursive: true, force: true });
});

interface Running {
  readonly url: string;
  readonly output: readonly string[];
  readonly child: ChildProcess;
  /** Of the service itself, which may be the child of `child`. */
  readonly pid: number;
}

const environment = { CHL_INDEX_BACKEND: 'flat', CHL_LOG_LEVEL: 'info' };

async function start(): Promise<Running> {
  const server = await startServer({ runtime: 'node', dataDir, environment });
  children.push(server.process);
  return { url: server.url, output: server.output, child: server.process, pid: server.process.pid! };
}

/** As the first process of a namespace, as a container's entry point is. */
async function startAsPidOne(): Promise<Running> {
  const entry = join(await buildProgram(), 'src', 'entry', 'node.js');
  const child = spawn('unshare', ['--pid', '--fork', '--mount-proc', process.execPath, entry], {
    env: { PATH: process.env['PATH'], ...environment, CHL_PORT: '0', CHL_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const output: string[] = [];
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    output.push(line);
    const url = /"url":"([^"]+)".*"msg":"serving"/.exec(line)?.[1];
    if (url === undefined) continue;
    assert.match(line, /"pid":1\b/, 'the service is process 1 of its namespace');
    lines.on('line', (later) => output.push(later));
    const [pid] = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).split(' ');
    return { url, output, child, pid: Number(pid) };
  }
  throw new Error(`The service did not start:\n${output.join('\n')}`);
}

/** @throws when it takes longer than was promised */
async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit', { signal: AbortSignal.timeout(STOP_MAX_MS) });
  return child.exitCode;
}

/** Writes until the service takes no more. @returns ids that were acknowledged */
async function writeUntilRefused(url: string, acknowledged: string[], writer: number): Promise<void> {
  const client = new Client(url);
  for (let i = 0; ; i += 1) {
    const body = {
      ...experience(`Last words ${writer}-${i}`, `Said at the end, ${writer}-${i}.`),
      duplicates: 'skip',
    };
    let response: Response;
    try {
      response = await client.post('/api/v1/entries/write', body);
    } catch {
      return; // the connection was refused or closed: nothing was promised
    }
    if (response.status === 503) return;
    acknowledged.push((await client.ok(writeResponse, response)).entry_id);
  }
}

async function stopsUnderLoad({ url, child, pid, output }: Running): Promise<void> {
  const acknowledged: string[] = [];
  const writing = Array.from({ length: WRITERS }, (_, writer) =>
    writeUntilRefused(url, acknowledged, writer),
  );
  await eventually(
    async () => acknowledged.length,
    (count) => count > 50,
  );
  process.kill(pid, 'SIGTERM');
  assert.equal(await ended(child), 0);
  await Promise.all(writing);
  await eventually(
    async () => output.join('\n'),
    (text) => text.includes('Stopped.'),
  );

  const again = await start();
  const client = new Client(again.url);
  const text = await (await client.send('GET', '/api/v1/entries/export.ndjson')).text();
  for (const id of acknowledged) assert.ok(text.includes(id), `${id} was acknowledged`);
  const { recovery } = await eventually(
    () => client.indexStatus(),
    ({ state }) => state === 'ready',
  );
  assert.equal(recovery?.source, 'snapshot');
  assert.equal(recovery?.replayed, 0, 'it was saved on the way out');
}

/** A request whose body never ends keeps the service from stopping before its patience does. */
async function secondSignalEnds({ url, child, pid, output }: Running): Promise<void> {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
  });
  // The type that Node's fetch has, and the DOM's has not.
  const init: RequestInit & { readonly duplex: 'half' } = {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body,
    duplex: 'half',
  };
  const stalled = fetch(`${url}/api/v1/entries/import`, init).then((response) => response.text());
  const cut = assert.rejects(stalled);
  await new Client(url).indexStatus();
  process.kill(pid, 'SIGTERM');
  await eventually(
    async () => output.join('\n'),
    (text) => text.includes('Stopping; once more'),
  );
  process.kill(pid, 'SIGTERM');
  assert.equal(await ended(child), 143);
  await cut;
  assert.ok(!output.join('\n').includes('Stopped.'));
}

describe('a service that is told to stop', () => {
  test('under load ends in time, and everything it acknowledged is there', async () =>
    stopsUnderLoad(await start()));
  test('a second time ends at once', async () => secondSignalEnds(await start()));
});

describe.skipIf(pidOneRefusal !== null)(
  `process 1 of a container${pidOneRefusal === null ? '' : ` (skipped: ${pidOneRefusal})`}`,
  () => {
    test('under load ends in time, and everything it acknowledged is there', async () =>
      stopsUnderLoad(await startAsPidOne()));
    test('told a second time ends at once', async () => secondSignalEnds(await startAsPidOne()));
  },
);

/** Why no process namespace can be had here, or null. */
function namespaceRefusal(): string | null {
  if (process.platform !== 'linux') return 'namespaces are of Linux';
  const { status, stderr } = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true'], {
    encoding: 'utf8',
  });
  return status === 0 ? null : `unshare is not permitted: ${stderr?.trim() ?? 'no unshare'}`;
}
