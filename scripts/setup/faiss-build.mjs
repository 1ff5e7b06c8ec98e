import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { arch } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fetchKernelSource } from './faiss-source.mjs';
import { BUILD, FAISS, NODE_MODULES, ROOT } from './paths.mjs';
import { npm, run } from './run.mjs';
import { SetupError } from './terminal.mjs';

const CXX = process.env['CXX'] ?? 'g++';
const CXX_FLAGS = ['-O3', '-std=c++17', '-fPIC', '-fopenmp'];

/** faiss-node is written for FAISS 1.7.4, which moved this name out of the class `Index`. */
const IDX_T_SHIM = `#include <faiss/Index.h>
#if FAISS_VERSION_MAJOR == 1 && FAISS_VERSION_MINOR == 7 && FAISS_VERSION_PATCH < 4
namespace faiss { using idx_t = Index::idx_t; }
#endif
`;

/** Whether compiler, FAISS and BLAS are there to build against. */
export async function canBuild() {
  const found = await Promise.all(['libfaiss.a', 'libopenblas.so'].map(libraryPath));
  return found.every(isAbsolute) && existsSync('/usr/include/faiss/Index.h');
}

/** The compiler answers the bare name when it finds no such library. */
async function libraryPath(name) {
  const { ok, stdout } = await run(CXX, [`-print-file-name=${name}`]);
  return ok ? stdout.trim() : '';
}

/**
 * Builds the binding of faiss-node against the system's FAISS: one binary for any CPU, and on x86-64
 * one with AVX2 distance kernels. The distribution's library is compiled for the oldest x86-64, and
 * all hot loops are in one file of it, so that file alone is compiled anew and linked ahead of it:
 * exact search takes a sixth of the time, in 5 s of compiling instead of 100.
 *
 * @returns {Promise<{kernels: string[], note: string | null}>}
 * @throws SetupError with the compiler's words
 */
export async function buildFaiss() {
  mkdirSync(BUILD, { recursive: true });
  const work = mkdtempSync(join(BUILD, 'faiss-work-'));
  try {
    const output = join(work, 'output');
    mkdirSync(output);
    const binding = await compileBinding(work);
    await link(join(output, 'faiss-baseline.node'), [binding]);
    const note = await buildAvx2(work, binding, join(output, 'faiss-avx2.node'));
    copyFileSync(join(work, 'LICENSE'), join(output, 'LICENSE.faiss-node'));
    rmSync(FAISS, { recursive: true, force: true });
    renameSync(output, FAISS);
    return {
      kernels: existsSync(join(FAISS, 'faiss-avx2.node')) ? ['avx2', 'baseline'] : ['baseline'],
      note,
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function compileBinding(work) {
  const source = await bindingSource(work);
  copyFileSync(join(source, 'LICENSE'), join(work, 'LICENSE'));
  const shim = join(work, 'idx-t.h');
  writeFileSync(shim, IDX_T_SHIM);
  const object = join(work, 'binding.o');
  await cxx([
    ...CXX_FLAGS,
    '-DNAPI_VERSION=6',
    '-DNAPI_CPP_EXCEPTIONS',
    `-I${join(NODE_MODULES, 'node-addon-api')}`,
    `-I${join(NODE_MODULES, 'node-api-headers', 'include')}`,
    '-include',
    shim,
    '-c',
    join(source, 'src', 'faiss.cc'),
    '-o',
    object,
  ]);
  return object;
}

/** @returns {Promise<string | null>} why there are none where there could be; FAISS then works, slower */
async function buildAvx2(work, binding, output) {
  if (arch() !== 'x64') return null;
  const directory = join(work, 'source');
  mkdirSync(directory);
  const source = await fetchKernelSource(directory);
  if ('reason' in source) return source.reason;
  const object = join(work, 'kernels-avx2.o');
  const include = ['-idirafter', source.includeDirectory];
  try {
    await cxx([...CXX_FLAGS, '-march=x86-64-v3', ...include, '-c', source.kernels, '-o', object]);
    await link(output, [binding, object]);
    return null;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return error.message;
  }
}

const link = (output, objects) =>
  cxx(['-shared', '-fopenmp', '-o', output, ...objects, '-l:libfaiss.a', '-lopenblas', '-llapack']);

async function cxx(args) {
  const { ok, output } = await run(CXX, args);
  if (!ok) throw new SetupError(`${CXX} failed: ${output.trim().split('\n').slice(0, 5).join('\n')}`);
}

/** The package as npm installed it, or, where npm has dropped it after a failed install script, its tarball. */
async function bindingSource(work) {
  const installed = join(NODE_MODULES, 'faiss-node');
  if (existsSync(join(installed, 'src', 'faiss.cc'))) return installed;
  const { version, integrity } = lockedFaissNode();
  const packed = await npm(['pack', `faiss-node@${version}`, '--json', '--loglevel=error'], { cwd: work });
  if (!packed.ok) throw new SetupError(`npm pack faiss-node@${version} failed.`);
  const [tarball] = JSON.parse(packed.stdout);
  if (tarball.integrity !== integrity)
    throw new SetupError('faiss-node is not the one in package-lock.json.');
  await run('tar', ['-xzf', tarball.filename], { cwd: work });
  return join(work, 'package');
}

function lockedFaissNode() {
  return JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages[
    'node_modules/faiss-node'
  ];
}
