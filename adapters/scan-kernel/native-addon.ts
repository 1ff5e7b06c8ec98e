import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ChlError } from '../../src/core/errors.ts';
import { packageRoot } from '../native/package-root.ts';

/**
 * `native/*.cc` as JavaScript sees it. Every function checks its arguments and throws a RangeError when they
 * do not fit together; `level` is a place in `levels`, offsets are bytes, strides and counts elements.
 */
export interface NativeAddon {
  /** Best first. */
  readonly levels: readonly { readonly name: string; readonly isSupported: boolean }[];
  scan(
    level: number,
    memory: ArrayBuffer,
    codesPerRow: number,
    queries: number,
    rows: number,
    count: number,
    out: number,
    outStride: number,
  ): void;
  pick(
    level: number,
    memory: ArrayBuffer,
    codesPerRow: number,
    queries: number,
    list: number,
    count: number,
    out: number,
    outStride: number,
  ): void;
  select(
    level: number,
    memory: ArrayBuffer,
    queries: number,
    scores: number,
    count: number,
    scoresStride: number,
    found: number,
    foundStride: number,
  ): void;
  dots(
    level: number,
    queries: Float32Array,
    queryOffset: number,
    vectors: Float32Array,
    dimension: number,
    rows: Uint32Array,
    count: number,
    scores: Float32Array,
  ): void;
  quantise(
    level: number,
    vectors: Float32Array,
    first: number,
    dimension: number,
    count: number,
    memory: ArrayBuffer,
    codesPerRow: number,
    rows: number,
    lost: Float32Array,
  ): void;
  /** For memory that nobody has touched yet; of no effect below 2 MiB, and where the system has none. */
  adviseHugePages(memory: ArrayBuffer): void;
  /**
   * Of as many queries as `found` is long, eight at most, each takes `breadth` places of `foundRows` and `foundScores`, and
   * says in `found` how many it filled.
   * @param visited a bit a row at least of each query, whatever they are; a query's begin with a word
   */
  walk(
    level: number,
    memory: ArrayBuffer,
    codesPerRow: number,
    rows: number,
    rowCount: number,
    starts: Uint8Array,
    links: Uint8Array,
    layerStarts: Int32Array,
    entryRow: number,
    topLayer: number,
    visited: BigUint64Array,
    foundRows: Uint32Array,
    foundScores: Float32Array,
    breadth: number,
    found: Uint32Array,
  ): void;
}

const require = createRequire(import.meta.url);

/** @throws UNAVAILABLE when set-up has not built it, or it does not load */
export function loadNativeAddon(): NativeAddon {
  const file = process.env['CHL_SCAN_KERNEL_FILE'] || builtFile();
  if (!existsSync(file)) throw unavailable('the native scan kernel is not built on this machine');
  try {
    return require(file) as NativeAddon;
  } catch (cause) {
    throw unavailable('the native scan kernel does not load', cause);
  }
}

export const builtFile = (): string => join(packageRoot(), '.build', 'scan-kernel', 'scan-kernel.node');

const unavailable = (message: string, cause?: unknown): ChlError =>
  new ChlError('UNAVAILABLE', message, {
    hint: 'Run `npm run setup`, which says what is missing, or choose CHL_SCAN_KERNEL=auto.',
    operation: 'scan-kernel.load',
    cause,
  });
