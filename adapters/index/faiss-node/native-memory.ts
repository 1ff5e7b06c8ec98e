import { collectGarbage } from '../../native/collect-garbage.ts';

/**
 * A full collection stalls the process for some 20 ms (50 with a heap of 100 MB); this much dead memory is
 * worth it: that of two merges of 8,000 vectors, so once in some 16,000 writes.
 */
const COLLECT_AFTER_BYTES = 16 * 1024 * 1024;

let deadBytes = 0;

/**
 * The binding frees an index only when V8 collects its wrapper, and does not tell V8 how large it is:
 * merged segments pile up until something else fills the heap (40 of 20 MB, closed one by one, held
 * 280 MB; so 100). So closed indexes are counted, and a collection is asked for when they add up.
 */
export function releaseNativeMemory(bytes: number): void {
  deadBytes += bytes;
  if (deadBytes < COLLECT_AFTER_BYTES) return;
  deadBytes = 0;
  // Not at once: the caller's own frame still refers to the index.
  setImmediate(collectGarbage);
}
