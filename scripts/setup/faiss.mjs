import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFaiss, canBuild } from './faiss-build.mjs';
import { BUILD, FAISS, NODE_MODULES, ROOT } from './paths.mjs';
import { run } from './run.mjs';
import { installSystemPackages, missingPackagesHint, whyNoSystemPackages } from './system-packages.mjs';
import { say } from './terminal.mjs';

const STATUS = join(BUILD, 'faiss-status.json');

/**
 * Makes faiss-node work where it can: the package's own binary if it loads, else a build from its
 * source. Where neither is to be had it says so in one line, every time, and the service runs on
 * hnswlib-wasm.
 *
 * @param {{retry?: boolean}} [options] `retry` tries again what failed the last time
 */
export async function setUpFaiss({ retry = false } = {}) {
  let status = readStatus();
  const isSettled =
    status?.conditions === currentConditions() && (status.state !== 'built' || existsSync(FAISS));
  if (!isSettled || (retry && status.state === 'unavailable')) {
    const outcome = await obtainFaiss();
    // Afterwards: system packages may have come in between.
    status = { conditions: currentConditions(), ...outcome };
    mkdirSync(BUILD, { recursive: true });
    writeFileSync(STATUS, `${JSON.stringify(status, null, 2)}\n`);
    if (status.state === 'built') say(`FAISS is built: ${status.kernels.join(' and ')} kernels.`);
    if (status.note) say(`FAISS runs without its AVX2 kernels: ${status.note}.`);
  }
  if (status.state === 'unavailable') {
    say(`FAISS is not available (${status.reason}); the index runs on hnswlib-wasm.`);
  }
}

/** @returns {Promise<{state: 'built' | 'package' | 'unavailable', kernels?: string[], note?: string | null, reason?: string}>} */
async function obtainFaiss() {
  const wantsSource = process.env['CHL_SETUP_FAISS'] === 'source';
  if (!wantsSource && ((await loads('faiss-node')) || (await downloadPackageBinary()))) {
    rmSync(FAISS, { recursive: true, force: true });
    return { state: 'package' };
  }
  const lacking = await provideBuildTools();
  if (lacking !== null) return { state: 'unavailable', reason: lacking };
  say('building FAISS …');
  try {
    const built = await buildFaiss();
    const works = await loads(join(FAISS, 'faiss-baseline.node'));
    return works
      ? { state: 'built', ...built }
      : { state: 'unavailable', reason: 'what was built does not load' };
  } catch (error) {
    return { state: 'unavailable', reason: error.message };
  }
}

/** @returns {Promise<string | null>} why there is nothing to build with */
async function provideBuildTools() {
  if (await canBuild()) return null;
  const obstacle = whyNoSystemPackages();
  if (obstacle !== null) return `${obstacle}; needed: ${missingPackagesHint}`;
  const failure = await installSystemPackages();
  if (failure !== null) return failure;
  return (await canBuild()) ? null : 'the system packages came without a static libfaiss';
}

/** In a process of its own: a broken binary may do worse than throw. */
async function loads(specifier) {
  const script = `new (require(${JSON.stringify(specifier)}).IndexFlatIP)(2).add([1, 2])`;
  return (await run(process.execPath, ['-e', script], { cwd: ROOT, timeoutMs: 30_000 })).ok;
}

/**
 * What faiss-node's install script does first. Not all of it: next it would clone and compile the
 * whole of FAISS.
 */
async function downloadPackageBinary() {
  const downloader = join(NODE_MODULES, 'prebuild-install', 'bin.js');
  const directory = join(NODE_MODULES, 'faiss-node');
  if (!existsSync(downloader) || !existsSync(directory)) return false;
  const download = [downloader, '--runtime', 'napi'];
  const { ok } = await run(process.execPath, download, { cwd: directory, timeoutMs: 60_000 });
  return ok && (await loads('faiss-node'));
}

/** When any of this changes, what was settled is settled anew. */
function currentConditions() {
  const hash = createHash('sha256');
  for (const name of ['faiss.mjs', 'faiss-build.mjs', 'faiss-source.mjs', 'system-packages.mjs']) {
    hash.update(readFileSync(new URL(name, import.meta.url)));
  }
  const facts = [
    process.platform,
    process.arch,
    process.getuid?.() === 0,
    process.env['CHL_SETUP_SYSTEM'],
    process.env['CHL_SETUP_FAISS'],
    existsSync('/usr/include/faiss/Index.h'),
  ];
  return hash.update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}

function readStatus() {
  return existsSync(STATUS) ? JSON.parse(readFileSync(STATUS, 'utf8')) : undefined;
}
