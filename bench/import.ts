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
import { buildProgram } from '../tests/support/build.ts';
import { Course, megabytes } from './import/course.ts';
import { importLines } from './import/entries.ts';
import { sample, type Memory, type Sample, type Watched } from './import/observer.ts';

/**
 * `npm run bench:import [-- LINES [SEED]] [--model FOLDER]`: the command `chl import` against a service
 * of its own, with the hash embedder or a model in ONNX: entries a second, processor time and memory of
 * every process, and the delay of the service's event loop.
 *
 * Memory beyond the index is what the serving process, the index process and the command have resident,
 * less `chl_index_memory_bytes`, which the index says that its vectors, postings and tables take. It is
 * summed up sample by sample, four times a second; what it grew by is the most that was seen, less what
 * it was before the command began, so the command counts whole. The builder, which lives for a moment to
 * write a segment of the index, is told apart.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { model: { type: 'string' } },
});
const LINES = Number(positionals[0] ?? 100_000);
const SEED = Number(positionals[1] ?? 1);
const SAMPLE_EVERY_MS = 250;
/** As long as nothing is built the builder uses no time; with other work on the machine it may get none for a while. */
const QUIET_SECONDS = 5;
const NS_PER_MS = 1e6;
const OWN_RESOLUTION_MS = 10;

const folder = await mkdtemp(join(tmpdir(), 'chl-bench-import-'));
const file = join(folder, 'entries.ndjson');
await writeLines(file);
const embedder = values.model === undefined ? { CHL_EMBEDDER: 'hash' } : modelSettings(values.model);
const program = await buildProgram();
const server = await startServer({ runtime: 'node', environment: { CHL_LOG_LEVEL: 'info', ...embedder } });
// This process has next to nothing to do: what delays it is the machine.
const ownDelay = monitorEventLoopDelay({ resolution: OWN_RESOLUTION_MS });
try {
  const service = { url: server.url, servingPid: server.process.pid! };
  const before = await sample({ ...service, commandPid: null });
  ownDelay.enable();
  const course = new Course(LINES, before);
  const startedMs = performance.now();
  const passed = (): number => (performance.now() - startedMs) / 1000;
  const { pid, ended } = startImport(server.url, file);
  let counts: string | null = null;
  while (counts === null) {
    course.add(await sample({ ...service, commandPid: pid }), passed());
    counts = await Promise.race([ended, delay(SAMPLE_EVERY_MS, null)]);
  }
  const seconds = passed();
  const after = await sample({ ...service, commandPid: null });
  course.add(after, seconds);
  const settled = await settle(service, course, passed);
  report({ counts, seconds, before, after, settled, course, fileBytes: (await stat(file)).size });
} finally {
  await server.stop();
  await rm(folder, { recursive: true });
}

function modelSettings(model: string): Readonly<Record<string, string>> {
  return { CHL_EMBEDDER: 'transformers', CHL_EMBEDDING_MODEL: model, CHL_EMBEDDING_OFFLINE: 'true' };
}

/** The largest merges may end after the command: their memory is the import's. Until nothing has changed for a while. */
async function settle(
  service: Omit<Watched, 'commandPid'>,
  course: Course,
  passed: () => number,
): Promise<Settled> {
  let last = await sample({ ...service, commandPid: null });
  let since = passed();
  while (passed() - since < QUIET_SECONDS) {
    await delay(SAMPLE_EVERY_MS);
    const now = await sample({ ...service, commandPid: null });
    course.add(now, passed());
    const isSame =
      now.merges === last.merges && now.segments === last.segments && now.unsealed === last.unsealed;
    const isBuilding = now.memory.builder > 0 && now.builderCpuSeconds > last.builderCpuSeconds;
    if (!isSame || isBuilding) since = passed();
    last = now;
  }
  return { seconds: since, sample: last };
}

interface Settled {
  readonly seconds: number;
  readonly sample: Sample;
}

interface Run {
  /** What the command printed. */
  readonly counts: string;
  readonly seconds: number;
  readonly before: Sample;
  readonly after: Sample;
  readonly settled: Settled;
  readonly course: Course;
  readonly fileBytes: number;
}

function report({ counts, seconds, before, after, settled, course, fileBytes }: Run): void {
  const { peak } = course;
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
  const growth = (key: keyof Memory): string => `+${megabytes(peak[key] - before.memory[key])} MB`;
  console.log(`memory beyond the index: ${rise('beyond')}: ${growth('beyond')}`);
  console.log(`  shared pages counted once: ${rise('proportional')}: ${growth('proportional')}`);
  console.log(`  serving process  ${rise('serving')}`);
  console.log(
    `  index process    ${rise('index')}, without the index's own ${megabytes(after.indexBytes)} MB`,
  );
  console.log(`  chl import       ${megabytes(peak.command)} MB at most`);
  for (const line of course.lines()) console.log(line);
  const { segments, unsealed, merges } = settled.sample;
  console.log(
    `index at rest after ${settled.seconds.toFixed(1)} s: ${segments} segments, ${unsealed} unsealed, ${merges} merges`,
  );
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

function startImport(url: string, path: string): { readonly pid: number; readonly ended: Promise<string> } {
  const cli = join(program, 'src', 'entry', 'cli.js');
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
