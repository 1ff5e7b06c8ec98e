import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BUILD, NODE_MODULES, ROOT, SCAN_KERNEL } from './paths.mjs';
import { run } from './run.mjs';
import { say } from './terminal.mjs';

const SOURCE = join(ROOT, 'adapters', 'scan-kernel', 'native');
const STATUS = join(BUILD, 'scan-kernel-status.json');
const CXX = process.env['CXX'] ?? 'g++';

/** No FMA in place of a product and a sum: the scores have to be the same on every CPU. */
const CXX_FLAGS = [
  '-O3',
  '-std=c++17',
  '-fPIC',
  '-fwrapv',
  '-ffp-contract=off',
  '-fno-exceptions',
  '-fno-rtti',
];

/**
 * Compiles the native scan kernel, in 2 s, where there is a compiler; none is installed for it. One binary for
 * every CPU of this kind: which instructions are used is decided when it runs. Where it cannot be had that is
 * said in one line, every time, and WebAssembly scans.
 *
 * @param {{retry?: boolean}} [options] `retry` tries again what failed the last time
 */
export async function setUpScanKernel({ retry = false } = {}) {
  const conditions = currentConditions();
  let status = readStatus();
  const isSettled =
    status?.conditions === conditions && (status.state !== 'built' || existsSync(SCAN_KERNEL));
  if (!isSettled || (retry && status.state === 'unavailable')) {
    status = { conditions, ...(await buildScanKernel()) };
    mkdirSync(BUILD, { recursive: true });
    writeFileSync(STATUS, `${JSON.stringify(status, null, 2)}\n`);
    if (status.state === 'built') say(`The scan kernel is built; this CPU runs it with ${status.level}.`);
  }
  if (status.state === 'unavailable') {
    say(`The native scan kernel is not available (${status.reason}); vectors are scanned by WebAssembly.`);
  }
}

/** @returns {Promise<{state: 'built', level: string} | {state: 'unavailable', reason: string}>} */
export async function buildScanKernel({ compiler = CXX, target = SCAN_KERNEL } = {}) {
  mkdirSync(dirname(target), { recursive: true });
  const fresh = `${target}.new`;
  const sources = sourceFiles().filter((name) => name.endsWith('.cc'));
  const { ok, output } = await run(compiler, [
    ...CXX_FLAGS,
    '-fvisibility=hidden',
    '-shared',
    // macOS: what Node has itself is not known before it runs.
    ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
    '-DNAPI_VERSION=8',
    `-I${join(NODE_MODULES, 'node-api-headers', 'include')}`,
    ...sources.map((name) => join(SOURCE, name)),
    '-o',
    fresh,
  ]);
  const level = ok ? await bestLevel(fresh) : null;
  if (level !== null) {
    // Whole or not at all: a service may be starting beside this.
    renameSync(fresh, target);
    return { state: 'built', level };
  }
  rmSync(fresh, { force: true });
  rmSync(target, { force: true });
  const firstLine = output.trim().split('\n')[0];
  return { state: 'unavailable', reason: ok ? 'what was built does not load' : `${compiler}: ${firstLine}` };
}

/** In a process of its own: a broken binary may do worse than throw. */
async function bestLevel(file) {
  const script = `const addon = {exports: {}}; process.dlopen(addon, ${JSON.stringify(file)});
    process.stdout.write(addon.exports.levels.find(({ isSupported }) => isSupported).name);`;
  const { ok, stdout } = await run(process.execPath, ['-e', script], { timeoutMs: 30_000 });
  return ok ? stdout : null;
}

/** When any of this changes, what was settled is settled anew. */
function currentConditions() {
  const hash = createHash('sha256').update(readFileSync(import.meta.filename));
  for (const name of sourceFiles()) hash.update(name).update(readFileSync(join(SOURCE, name)));
  const facts = [process.platform, process.arch, CXX];
  return hash.update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}

const sourceFiles = () =>
  readdirSync(SOURCE)
    .filter((name) => /\.(cc|h)$/.test(name))
    .toSorted();

const readStatus = () => (existsSync(STATUS) ? JSON.parse(readFileSync(STATUS, 'utf8')) : undefined);
