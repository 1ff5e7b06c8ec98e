import type { HnswLinks } from './vector-backend.ts';

/**
 * The port behind which the inner loops of searches over quantised rows live: WebAssembly everywhere
 * (`engine/quantised-kernel.ts`), native code where it was built (`adapters/scan-kernel`). Both give the
 * same bits, so which of them scans is seen in the time alone. Graphs are walked by native code only; a
 * library of its own searches them elsewhere.
 *
 * Memory of a block of rows: the queries from byte 0, each `codesPerRow` 16-bit integers; rows wherever
 * the caller says, each a float32 by which its sum is multiplied, then its codes, a byte each.
 */

export const SCAN_KERNEL_CHOICES = ['auto', 'native', 'wasm'] as const;
export type ScanKernelChoice = (typeof SCAN_KERNEL_CHOICES)[number];

/** Rows are filled up with zeros to a multiple: the most codes that one turn of an inner loop takes. */
export const CODES_PER_TURN = 32;
/** At most so many rows in one call: their scores lie one query after the other. */
export const ROWS_PER_CALL = 1_024;
export const ROW_HEADER_BYTES = 4;
/** What `select` found for a query: how many, and their places. */
export const FOUND_STRIDE = 1 + ROWS_PER_CALL;

/** `quantise(floats, codes, codeMax, out)`: byte offsets; `out` takes unit, length of what is lost, length. */
export type Quantise = (floats: number, codes: number, codeMax: number, out: number) => void;

/** Over one memory. Places are byte offsets into it; a wrong one is the caller's mistake. */
export interface ScanKernel {
  /**
   * Scores of `count` rows from byte `rows` on, against the first `queries` of the queries; those of query
   * n as float32 from `out` + 4 · n · ROWS_PER_CALL on.
   */
  scan(queries: number, rows: number, count: number, out: number): void;
  /**
   * Of the scores that `scan` or `pick` left at `scores` the places of those that are not below a number, by query: the
   * number stands, as float32, at `found` + 4 · n · FOUND_STRIDE, where then their count takes its place, and
   * their places, 32 bits each, follow it in order. Null: whoever wants them looks for them.
   */
  readonly select: ((queries: number, scores: number, count: number, found: number) => void) | null;
  /** The same of the rows whose byte offsets stand in `list`, 32 bits each. */
  pick(queries: number, list: number, count: number, out: number): void;
  /**
   * Walks a graph of `rowCount` rows, which begin at byte `rows`, to those near each of the first queries, as many as
   * `found` has counts for. Null: a library does.
   */
  readonly walk: ((graph: HnswLinks, rows: number, rowCount: number, found: FoundRows) => void) | null;
  readonly quantiseQuery: Quantise;
  readonly quantiseRow: Quantise;
  /**
   * Rounds as many rows as `lost` is long, from `vectors[first]` on, into the rows from byte `rows` on, as `quantiseRow`
   * does; `lost` takes of each the length of what is lost. Null: one after the other.
   */
  readonly quantiseRows:
    | ((vectors: Float32Array, first: number, dimension: number, rows: number, lost: Float32Array) => void)
    | null;
}

/** Takes what walks find. */
export interface FoundRows {
  /** Of the search (ef): so many each finds at most. */
  readonly breadth: number;
  /** By query, `breadth` places each or more, best first. */
  readonly rows: Uint32Array;
  /** In the query's unit. */
  readonly scores: Float32Array;
  /** By query, how many there are. */
  readonly counts: Uint32Array;
}

export interface ScanMemory {
  readonly buffer: ArrayBuffer;
  readonly kernel: ScanKernel;
}

/** @param queryOffset first element of the query; `scores[i]` takes the product with row `rows[i]` of `vectors` */
export type ScoreRows = (
  queries: Float32Array,
  queryOffset: number,
  vectors: Float32Array,
  dimension: number,
  rows: Uint32Array,
  scores: Float32Array,
) => void;

export interface ScanKernels {
  readonly name: 'native' | 'wasm';
  /** For the status: `avx512-vnni`, `avx2`, … */
  readonly instructions: string;
  /** How many queries `scan`, `pick` and `walk` take. */
  readonly queriesAtOnce: number;
  /** From so many queries on, a pass for all of them costs less than one for each. */
  readonly togetherFrom: number;
  /** The floats' own products, each to the last bit what `dot` gives; null: there is nothing faster than it. */
  readonly dots: ScoreRows | null;
  /** Whether their memories' kernels have `walk`. */
  readonly walksGraphs: boolean;
  /**
   * @param codesPerRow a multiple of CODES_PER_TURN
   * @returns null where the kernel cannot run, or there is no such memory; then floats are scanned
   */
  allocate(codesPerRow: number, bytes: number): ScanMemory | null;
}

/**
 * Native kernels, where they are to be had.
 * @param choice under `auto` those that are slower than WebAssembly are none
 * @throws UNAVAILABLE saying why there are none
 */
export type NativeScanKernels = (choice: 'auto' | 'native') => ScanKernels;

/** What scans, and why nothing faster does. */
export interface ScanKernelStatus {
  /** `none`: floats are scanned, since WebAssembly has no SIMD here. */
  readonly name: ScanKernels['name'] | 'none';
  readonly instructions: string | null;
  /** Null when nothing else was to be expected. */
  readonly reason: string | null;
}
