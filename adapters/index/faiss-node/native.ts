import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { ChlError } from '../../../src/core/errors.ts';
import { packageRoot } from '../../native/package-root.ts';
import { cpuHasX86V3 } from './cpu.ts';

/**
 * The parts of faiss-node 0.5.1 that are used. Except for the three static methods nothing in it
 * catches a C++ exception: a wrong argument ends the process, so callers check first.
 */
export interface NativeIndex {
  ntotal(): number;
  /** @param rows whole rows, row-major; a plain array, typed ones are refused */
  add(rows: readonly number[]): void;
  /** Both answers are queries × k, best first; a label is -1 where there is no further row. */
  search(queries: readonly number[], k: number): { readonly distances: number[]; readonly labels: number[] };
  write(path: string): void;
  /** Leaks a copy of the bytes it returns: for small indexes only. */
  toBuffer(): Uint8Array;
}

export interface FaissNative {
  readonly Index: {
    fromFactory(dimension: number, description: string, metric: number): NativeIndex;
    /** Leaks a copy of the bytes it is given, and is 15 times slower than `read`: for small indexes only. */
    fromBuffer(bytes: Uint8Array): NativeIndex;
    read(path: string): NativeIndex;
  };
  readonly IndexFlatIP: new (dimension: number) => NativeIndex;
}

const require = createRequire(import.meta.url);

/**
 * FAISS as it was set up on this machine: what `scripts/setup` built, else the package's own binary.
 *
 * OpenMP and OpenBLAS read OMP_NUM_THREADS when the binary is loaded. One thread unless it is set:
 * beside a busy service more of them wait for each other (HNSW on 2 cores: 8 ms instead of 0.4).
 *
 * @param nativeDirectory where the built binaries lie; CHL_FAISS_NATIVE_DIR, else `.build/faiss` of the package
 * @throws UNAVAILABLE when there is no binary or it does not load, CONFIGURATION in a worker thread
 */
export function loadFaissNative(nativeDirectory: string = defaultNativeDirectory()): FaissNative {
  if (!isMainThread) {
    throw new ChlError('CONFIGURATION', 'FAISS can be loaded only by the main thread of a process.', {
      hint: 'Host the index in a child process: the binding aborts the process when two threads use it.',
      operation: 'faiss.load',
    });
  }
  const binary = builtBinary(nativeDirectory);
  process.env['OMP_NUM_THREADS'] ??= '1';
  try {
    return require(binary ?? 'faiss-node') as FaissNative;
  } catch (cause) {
    throw new ChlError(
      'UNAVAILABLE',
      binary === null ? 'FAISS is not set up on this machine.' : 'The FAISS binary does not load.',
      {
        hint: 'Run `npm run setup`, which says what is missing, or choose CHL_INDEX_BACKEND=auto.',
        operation: 'faiss.load',
        cause,
      },
    );
  }
}

/** The AVX2 kernels are 6 times faster on exact search; a CPU without them gets the baseline. */
function builtBinary(directory: string): string | null {
  const names = cpuHasX86V3() ? ['faiss-avx2.node', 'faiss-baseline.node'] : ['faiss-baseline.node'];
  return names.map((name) => resolve(directory, name)).find((path) => existsSync(path)) ?? null;
}

function defaultNativeDirectory(): string {
  return process.env['CHL_FAISS_NATIVE_DIR'] ?? join(packageRoot(), '.build', 'faiss');
}
