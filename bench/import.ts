import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startServer } from '../tests/support/server.ts';
import { valueOf } from '../tests/metrics/support/exposition.ts';
import { repositoryRoot } from '../tests/support/build.ts';
import { importLines } from './import/entries.ts';
import { childrenOf, costOf } from './support/process-cost.ts';

/**
 * `npm run bench:import [-- LINES [SEED]] [--model FOLDER]`: the command `chl import` against a service
 * of its own, with the hash embedder or a model in ONNX: entries a second, processor time and memory of
 * every process, and the delay of the service's event loop.
 *
 * Memory beyond the index is what the serving process, the index process and the command have resident,
 * less `chl_index_memory_bytes`, which the index says that its vectors, postings and tables take. It is
 * summed up sample by sample, four times a second. The builder, which lives for a moment to write a
 * segment of the index, is told apart.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { model: { type: 'string' } },
});
const LINES = Number(positionals[0] ?? 100_000);
const SEED = Number(positionals[1] ?? 1);
const SAMPLE_EVERY_MS = 250;
const NS_PER_MS = 1e6;
const OWN_RESOLUTION_MS = 10;
const MB = 1024 * 1024;

/** Resident bytes; of the index process, those beyond what the index itself takes. */
interface Memory {
  readonly serving: number;
  readonly index: number;
  readonly command: number;
  readonly builder: number;
  readonly beyond: number;
}

interface Sample {
  readonly memory: Memory;
  readonly indexBytes: number;
  /** Threads included: says more than the clock on a busy machine. */
  readonly cpuSeconds: { readonly serving: number; readonly index: number };
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

const folder = await mkdtemp(join(tmpdir(), 'chl-bench-import-'));
const file = join(folder, 'entries.ndjson');
await writeLines(file);
const embedder = values.model === undefined ? { CHL_EMBEDDER: 'hash' } : modelSettings(values.model);
const server = await startServer({ runtime: 'node', environment: { CHL_LOG_LEVEL: 'info', ...embedder } });
// This process has next to nothing to do: what delays it is the machine.
const ownDelay = monitorEventLoopDelay({ resolution: OWN_RESOLUTION_MS });
try {
  const before = await sample(null);
  ownDelay.enable();
  const peak: Record<keyof Memory, number> = { ...before.memory };
  const startedMs = performance.now();
  const { pid, ended } = startImport(server.url, file);
  let counts: string | null = null;
  while (counts === null) {
    const { memory } = await sample(pid);
    for (const key of Object.keys(peak) as (keyof Memory)[]) peak[key] = Math.max(peak[key], memory[key]);
    counts = await Promise.race([ended, delay(SAMPLE_EVERY_MS, null)]);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  report(counts, seconds, before, await sample(null), peak, (await stat(file)).size);
} finally {
  await server.stop();
  await rm(folder, { recursive: true });
}

function modelSettings(model: string): Readonly<Record<string, string>> {
  return { CHL_EMBEDDER: 'transformers', CHL_EMBEDDING_MODEL: model, CHL_EMBEDDING_OFFLINE: 'true' };
}

function report(
  counts: string,
  seconds: number,
  before: Sample,
  after: Sample,
  peak: Memory,
  fileBytes: number,
): void {
  const cpu = (key: 'serving' | 'index'): string => {
    const spent = after.cpuSeconds[key] - before.cpuSeconds[key];
    return `${key} ${spent.toFixed(1)} s, ${((1000 * spent) / LINES).toFixed(2)} ms an entry`;
  };
  const rise = (key: keyof Memory): string =>
    `${megabytes(before.memory[key])} MB before, ${megabytes(peak[key])} MB at most`;
  const { p50, p99, max } = after.loopDelayMs;
  console.log(`${LINES} lines, ${megabytes(fileBytes)} MB, seed ${SEED}: ${counts}`);
  console.log(
    `${seconds.toFixed(1)} s, ${Math.round(LINES / seconds)} entries/s; load ${loadavg()[0]!.toFixed(1)}`,
  );
  console.log(`processor: ${cpu('serving')}; ${cpu('index')}`);
  console.log(
    `memory beyond the index: ${rise('beyond')}: +${megabytes(peak.beyond - before.memory.beyond)} MB`,
  );
  console.log(`  serving process  ${rise('serving')}`);
  console.log(
    `  index process    ${rise('index')}, without the index's own ${megabytes(after.indexBytes)} MB`,
  );
  console.log(`  chl import       ${megabytes(peak.command)} MB at most`);
  console.log(`builder, not in the sum: ${megabytes(peak.builder)} MB at most`);
  console.log(
    `event loop of the service, last half to whole minute: delay p50 ${p50.toFixed(1)} ms, ` +
      `p99 ${p99.toFixed(1)} ms, at most ${max.toFixed(1)} ms`,
  );
  const own = Math.max(0, ownDelay.percentile(99) / NS_PER_MS - OWN_RESOLUTION_MS);
  console.log(`event loop of this bench, which is idle: delay p99 ${own.toFixed(1)} ms`);
}

async function writeLines(path: string): Promise<void> {
  const output = createWriteStream(path);
  for (const line of importLines(LINES, SEED)) {
    if (!output.write(`${line}\n`)) await once(output, 'drain');
  }
  output.end();
  await once(output, 'finish');
}

/** @param commandPid of `chl import`, while it runs */
async function sample(commandPid: number | null): Promise<Sample> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const figure = (series: string): number => valueOf(text, series) ?? 0;
  const indexBytes = figure('chl_index_memory_bytes');
  const serving = figure('chl_process_resident_memory_bytes{process="serving"}');
  const index = figure('chl_process_resident_memory_bytes{process="index"}') - indexBytes;
  const command = commandPid === null ? 0 : ofNow(() => residentOf(commandPid), 0);
  const builder = ofNow(() => childrenOf(server.process.pid!).flatMap(childrenOf).map(residentOf), []);
  const cpu = (process: string): number => figure(`chl_process_cpu_seconds_total{process="${process}"}`);
  const delayMs = (quantile: string): number =>
    1000 * figure(`chl_event_loop_delay_seconds{process="serving",stat="${quantile}"}`);
  return {
    memory: {
      serving,
      index,
      command,
      builder: Math.max(0, ...builder),
      beyond: serving + index + command,
    },
    indexBytes,
    cpuSeconds: { serving: cpu('serving'), index: cpu('index') },
    loopDelayMs: { p50: delayMs('p50'), p99: delayMs('p99'), max: delayMs('max') },
  };
}

function residentOf(pid: number): number {
  return costOf(pid).residentBytes;
}

/** A process, or a thread of it, may end while it is looked at. */
function ofNow<T>(look: () => T, ended: T): T {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ESRCH') throw error;
    return ended;
  }
}

function startImport(url: string, path: string): { readonly pid: number; readonly ended: Promise<string> } {
  const cli = join(repositoryRoot, 'dist', 'src', 'entry', 'cli.js');
  const child = spawn(process.execPath, [cli, 'import', path, '--json', '--url', url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`chl import ended with ${String(code)}: ${output}`);
    return output.trim();
  });
  return { pid: child.pid!, ended };
}

function megabytes(bytes: number): string {
  return (bytes / MB).toFixed(0);
}
