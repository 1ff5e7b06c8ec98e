import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startServer } from '../tests/support/server.ts';
import { valueOf } from '../tests/metrics/support/exposition.ts';
import { repositoryRoot } from '../tests/support/build.ts';
import { importLines } from './import/entries.ts';

/**
 * `npm run bench:import [-- LINES [SEED]]`: the command `chl import` against a service of its own, with
 * the hash embedder; entries a second, and the memory of both processes while it runs.
 */
const LINES = Number(process.argv[2] ?? 100_000);
const SEED = Number(process.argv[3] ?? 1);
const SAMPLE_EVERY_MS = 250;
const MB = 1024 * 1024;

interface Peak {
  serving: number;
  index: number;
  /** Of the index process, beyond what the index itself says it takes. */
  indexBeyond: number;
  /** Processor seconds since the start, threads included: says more than the clock on a busy machine. */
  servingCpu: number;
  indexCpu: number;
}

const MEMORY = ['serving', 'index', 'indexBeyond'] as const;

const folder = await mkdtemp(join(tmpdir(), 'chl-bench-import-'));
const file = join(folder, 'entries.ndjson');
await writeLines(file);
const server = await startServer({ runtime: 'node', environment: { CHL_LOG_LEVEL: 'info' } });
try {
  const before = await sample(server.url);
  const peak: Peak = { ...before };
  const startedMs = performance.now();
  const running = runImport(server.url, file);
  let counts: string | null = null;
  while (counts === null) {
    const now = await sample(server.url);
    for (const key of MEMORY) peak[key] = Math.max(peak[key], now[key]);
    counts = await Promise.race([running, delay(SAMPLE_EVERY_MS, null)]);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const after = await sample(server.url);
  const cpu = (key: 'servingCpu' | 'indexCpu'): string => (after[key] - before[key]).toFixed(1);
  const { size } = await stat(file);
  console.log(`${LINES} lines, ${(size / MB).toFixed(0)} MB, seed ${SEED}: ${counts}`);
  console.log(`${seconds.toFixed(1)} s, ${Math.round(LINES / seconds)} entries/s`);
  console.log(`processor: serving ${cpu('servingCpu')} s, index ${cpu('indexCpu')} s`);
  for (const key of MEMORY)
    console.log(`${key.padEnd(12)} ${megabytes(before[key])} MB before, ${megabytes(peak[key])} MB at most`);
} finally {
  await server.stop();
  await rm(folder, { recursive: true });
}

async function writeLines(path: string): Promise<void> {
  const output = createWriteStream(path);
  for (const line of importLines(LINES, SEED)) {
    if (!output.write(`${line}\n`)) await once(output, 'drain');
  }
  output.end();
  await once(output, 'finish');
}

async function sample(url: string): Promise<Peak> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const resident = (process: string): number =>
    valueOf(text, `chl_process_resident_memory_bytes{process="${process}"}`) ?? 0;
  const index = resident('index');
  const cpu = (process: string): number =>
    valueOf(text, `chl_process_cpu_seconds_total{process="${process}"}`) ?? 0;
  return {
    servingCpu: cpu('serving'),
    indexCpu: cpu('index'),
    serving: resident('serving'),
    index,
    indexBeyond: index - (valueOf(text, 'chl_index_memory_bytes') ?? 0),
  };
}

async function runImport(url: string, path: string): Promise<string> {
  const cli = join(repositoryRoot, 'dist', 'src', 'entry', 'cli.js');
  const child = spawn(process.execPath, [cli, 'import', path, '--json', '--url', url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`chl import ended with ${code}: ${output}`);
  return output.trim();
}

function megabytes(bytes: number): string {
  return (bytes / MB).toFixed(0);
}
