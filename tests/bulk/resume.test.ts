import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importLines } from '../../bench/import/entries.ts';
import { isLong } from '../faults/support/form.ts';
import { until, valueOf } from '../metrics/support/exposition.ts';
import { buildProgram } from '../support/build.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** The long form: `npm run test:faults tests/bulk`. */
const LINES = isLong ? 100_000 : 5_000;
const SEED = 6;
/** 100,000 lines take a minute and a half on an idle machine, and each test sends them up to twice. */
const TIMEOUT_MS = isLong ? 30 * 60_000 : 240_000;
const ENVIRONMENT = { CHL_INDEX_BACKEND: 'flat' };

let folder: string;
let dataDir: string;
let file: string;
const servers: TestServer[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chl-bulk-'));
  dataDir = join(folder, 'data');
  file = join(folder, 'entries.ndjson');
  await writeFile(file, [...importLines(LINES, SEED)].join('\n'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<TestServer> {
  const server = await startServer({ runtime: 'node', environment: ENVIRONMENT, dataDir });
  servers.push(server);
  return server;
}

/** `chl import` in a process of its own. */
async function startImport({ url }: TestServer): Promise<{ child: ChildProcess; ended: Promise<string> }> {
  const cli = join(await buildProgram(), 'src', 'entry', 'cli.js');
  const child = spawn(process.execPath, [cli, 'import', file, '--json', '--url', url], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, ended: once(child, 'exit').then(() => output) };
}

async function total({ url }: TestServer): Promise<number> {
  const { totals } = (await (await fetch(`${url}/api/v1/search/health`)).json()) as {
    totals: { experiences: number };
  };
  return totals.experiences;
}

const halfWay = (server: TestServer): Promise<number> =>
  until(
    () => total(server),
    (count) => count > LINES / 4,
  );

/** Every line is there exactly once, in the database and in the index. */
async function expectWhole(server: TestServer): Promise<void> {
  const text = await (await fetch(`${server.url}/api/v1/entries/export.ndjson`)).text();
  const refs = text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { ref: string }).ref);
  expect(refs.length).toBe(LINES);
  expect(new Set(refs).size).toBe(LINES);
  const figures = await (await fetch(`${server.url}/metrics`)).text();
  expect(valueOf(figures, 'chl_index_documents')).toBe(LINES);
  expect(valueOf(figures, 'chl_index_vectors')).toBe(LINES);
}

async function finish(server: TestServer): Promise<{ created: number; unchanged: number; failed: number }> {
  const { ended } = await startImport(server);
  return JSON.parse((await ended).trim().split('\n').at(-1)!);
}

test(
  'the service is killed in the middle: the command says so, and run again it stores only the rest',
  async () => {
    const server = await start();
    const { child, ended } = await startImport(server);
    await halfWay(server);
    server.process.kill('SIGKILL');
    expect(await ended).toMatch(/chl: .*(stopped answering|No CHL service answers)/);
    expect(child.exitCode).toBe(3);

    const next = await start();
    const kept = await total(next);
    expect(kept).toBeGreaterThan(LINES / 4);
    expect(await finish(next)).toMatchObject({
      created: LINES - kept,
      updated: 0,
      unchanged: kept,
      failed: 0,
    });
    await expectWhole(next);
  },
  TIMEOUT_MS,
);

test(
  'the command is killed in the middle: the service goes on, and run again it stores only the rest',
  async () => {
    const server = await start();
    const { child, ended } = await startImport(server);
    await halfWay(server);
    child.kill('SIGKILL');
    await ended;
    const { created, unchanged, failed } = await finish(server);
    expect(created + unchanged).toBe(LINES);
    expect(unchanged).toBeGreaterThan(LINES / 4);
    expect(failed).toBe(0);
    await expectWhole(server);
  },
  TIMEOUT_MS,
);
