import { wasmScanKernels } from '../../src/core/engine/quantised-kernel.ts';
import { ChlError } from '../../src/core/errors.ts';
import {
  FOUND_STRIDE,
  ROWS_PER_CALL,
  type NativeScanKernels,
  type ScanKernels,
} from '../../src/core/ports/scan-kernel.ts';
import { loadNativeAddon, type NativeAddon } from './native-addon.ts';

/** 32 kB of scores and 6 of queries stay in the first cache; sixteen gain nothing more. */
const QUERIES_AT_ONCE = 8;
/** What the compiler makes of plain loops: slower than WebAssembly on x86-64, not measured on arm64. */
const PLAIN = 'portable';

/**
 * The exact scan in C++, with the widest of the instruction sets that this CPU has: 20,000 × 384 in 0.33 ms
 * alone and 0.11 a query in eights with AVX-512 VNNI, 0.31 and 0.17 with AVX2, where WebAssembly takes 0.46 and
 * 0.29 (in fours).
 */
export const openNativeScanKernels: NativeScanKernels = (choice) => {
  const addon = loadNativeAddon();
  const level = addon.levels.findIndex(({ isSupported }) => isSupported);
  if (choice === 'auto' && addon.levels[level]?.name === PLAIN) {
    throw new ChlError('UNAVAILABLE', 'this CPU has no AVX2, without which WebAssembly is faster', {
      operation: 'scan-kernel.load',
    });
  }
  return nativeKernels(addon, level);
};

/** @param level a place in `addon.levels`, supported by this CPU */
export function nativeKernels(addon: NativeAddon, level: number): ScanKernels {
  return {
    name: 'native',
    instructions: addon.levels[level]!.name,
    queriesAtOnce: QUERIES_AT_ONCE,
    togetherFrom: 2,
    dots: (queries, queryOffset, vectors, dimension, rows, scores) =>
      addon.dots(level, queries, queryOffset, vectors, dimension, rows, rows.length, scores),
    walksGraphs: true,
    // WebAssembly's memory, so that its kernel rounds single vectors: 0.4 µs each, as little as a call takes.
    allocate: (codesPerRow, bytes) => {
      const wasm = wasmScanKernels.allocate(codesPerRow, bytes);
      if (wasm === null) return null;
      const { buffer, kernel } = wasm;
      // Rows at random places need an address translation each: 100,000 × 384 are scanned in 0.8 of the time.
      addon.adviseHugePages(buffer);
      let visited = new BigUint64Array(0);
      return {
        buffer,
        kernel: {
          ...kernel,
          scan: (queries, rows, count, out) =>
            addon.scan(level, buffer, codesPerRow, queries, rows, count, out, ROWS_PER_CALL),
          select: (queries, scores, count, found) =>
            addon.select(level, buffer, queries, scores, count, ROWS_PER_CALL, found, FOUND_STRIDE),
          pick: (queries, list, count, out) =>
            addon.pick(level, buffer, codesPerRow, queries, list, count, out, ROWS_PER_CALL),
          quantiseRows: (vectors, first, dimension, rows, lost) =>
            addon.quantise(level, vectors, first, dimension, lost.length, buffer, codesPerRow, rows, lost),
          walk: ({ starts, links, layerStarts, entryRow, topLayer }, rows, rowCount, found) => {
            const wordsEach = Math.ceil(rowCount / 64);
            if (visited.length < found.counts.length * wordsEach) {
              visited = new BigUint64Array(found.counts.length * wordsEach);
            }
            addon.walk(
              level,
              buffer,
              codesPerRow,
              rows,
              rowCount,
              starts,
              links,
              layerStarts,
              entryRow,
              topLayer,
              visited,
              found.rows,
              found.scores,
              found.breadth,
              found.counts,
            );
          },
        },
      };
    },
  };
}
