import {
  CODES_PER_TURN,
  quantisedKernel,
  QUERIES_AT_ONCE,
  ROW_HEADER_BYTES,
  ROWS_PER_CALL,
  type QuantisedKernel,
} from './quantised-kernel.ts';

const PAGE_BYTES = 65_536;
const CODE_MAX = 127;
const QUERY_CODE_MAX = 32_767;
/** Of the scores themselves: products and sums in float32, between unit vectors. */
const FLOAT_ROUNDING = 1e-5;

/**
 * A block of vectors with a byte a component, in the memory of the kernel that scans them: a quarter of
 * the bytes to read, and nothing to copy. A row is its codes times a factor of its own (the largest
 * component gets ±127), so by Cauchy and Schwarz its inner product with a query is off by no more than
 * the length of what rounding took from the row, times the query's length. That length is known for each row,
 * so whoever scans here knows which rows can be among the best, and scores those exactly: the answer is
 * that of an exact scan. With 20,000 real vectors some 75 rows are left for the best 64 (median).
 *
 * Queries have 16 bits a component; what rounding takes from them counts, too.
 */
export class QuantisedRows {
  readonly #dimension: number;
  readonly #codesPerRow: number;
  readonly #rowBytes: number;
  readonly #memory: WebAssembly.Memory;
  readonly #kernel: QuantisedKernel;
  readonly #rowsAt: number;
  /** Length of what rounding took from each row. */
  readonly #errors: Float32Array;
  #errorMax = 0;
  #count = 0;

  /** @returns null where the kernel cannot run */
  static create(dimension: number, capacity: number): QuantisedRows | null {
    const codesPerRow = Math.ceil(dimension / CODES_PER_TURN) * CODES_PER_TURN;
    const rowsAt = listAt(codesPerRow) + 4 * ROWS_PER_CALL;
    const bytes = rowsAt + capacity * (ROW_HEADER_BYTES + codesPerRow);
    const memory = allocate(Math.ceil(bytes / PAGE_BYTES));
    const kernel = memory === null ? null : quantisedKernel(codesPerRow, memory);
    return memory === null || kernel === null
      ? null
      : new QuantisedRows(dimension, codesPerRow, memory, kernel);
  }

  /** @param vectors rows × dimension, row-major */
  static of(vectors: Float32Array, dimension: number): QuantisedRows | null {
    const rowCount = vectors.length / dimension;
    const rows = QuantisedRows.create(dimension, rowCount);
    if (rows === null) return null;
    for (let row = 0; row < rowCount; row += 1) rows.append(vectors, row * dimension);
    return rows;
  }

  private constructor(
    dimension: number,
    codesPerRow: number,
    memory: WebAssembly.Memory,
    kernel: QuantisedKernel,
  ) {
    this.#dimension = dimension;
    this.#codesPerRow = codesPerRow;
    this.#rowBytes = ROW_HEADER_BYTES + codesPerRow;
    this.#memory = memory;
    this.#kernel = kernel;
    this.#rowsAt = listAt(codesPerRow) + 4 * ROWS_PER_CALL;
    this.#errors = new Float32Array(Math.floor((memory.buffer.byteLength - this.#rowsAt) / this.#rowBytes));
  }

  get rowCount(): number {
    return this.#count;
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength + this.#errors.byteLength;
  }

  /** @param offset first element of the row in `vectors`; there is room for it by `capacity` */
  append(vectors: Float32Array, offset: number): void {
    const factor = Math.fround(largestOf(vectors, offset, this.#dimension) / CODE_MAX);
    const address = this.#rowsAt + this.#count * this.#rowBytes;
    new Float32Array(this.#memory.buffer, address, 1)[0] = factor;
    const codes = new Int8Array(this.#memory.buffer, address + ROW_HEADER_BYTES, this.#codesPerRow);
    this.#errors[this.#count] = quantise(vectors, offset, this.#dimension, factor, codes);
    this.#errorMax = Math.max(this.#errorMax, this.#errors[this.#count]!);
    this.#count += 1;
  }

  /** What the kernel reads: at most QUERIES_AT_ONCE of them. */
  prepare(queries: Float32Array, first: number, count: number): readonly PreparedQuery[] {
    const codes = new Int16Array(this.#memory.buffer, 0, QUERIES_AT_ONCE * this.#codesPerRow);
    return Array.from({ length: count }, (_, at) => {
      const own = codes.subarray(at * this.#codesPerRow, (at + 1) * this.#codesPerRow);
      return quantiseQuery(queries, (first + at) * this.#dimension, this.#dimension, own);
    });
  }

  /**
   * Scores of the rows from `from` on against the prepared queries, in each query's own unit (`PreparedQuery.unit`).
   * @param queries 1, or more for four at once
   * @returns of query n from n · ROWS_PER_CALL on; good until the next call
   */
  scan(queries: number, from: number, count: number): Float32Array {
    const rows = this.#rowsAt + from * this.#rowBytes;
    const out = outAt(this.#codesPerRow);
    if (queries === 1) this.#kernel.scanOne(rows, count, out);
    else this.#kernel.scanFour(rows, count, out);
    return new Float32Array(this.#memory.buffer, out, QUERIES_AT_ONCE * ROWS_PER_CALL);
  }

  /** The same for chosen rows against query 0; at most ROWS_PER_CALL. */
  pick(rows: Uint32Array): Float32Array {
    const list = listAt(this.#codesPerRow);
    const addresses = new Uint32Array(this.#memory.buffer, list, rows.length);
    for (let at = 0; at < rows.length; at += 1) addresses[at] = this.#rowsAt + rows[at]! * this.#rowBytes;
    const out = outAt(this.#codesPerRow);
    this.#kernel.pickOne(list, rows.length, out);
    return new Float32Array(this.#memory.buffer, out, rows.length);
  }

  /** By how much a row's score may be wrong, either way. */
  slackOf(row: number, query: PreparedQuery): number {
    return slack(this.#errors[row]!, query);
  }

  /** No row's is greater. */
  slackMax(query: PreparedQuery): number {
    return slack(this.#errorMax, query);
  }
}

export interface PreparedQuery {
  /** A score times this is an inner product. */
  readonly unit: number;
  /** Of the query, Euclidean. */
  readonly length: number;
  /** Length of what rounding took from it. */
  readonly lost: number;
}

/** Null where there is no such memory: WebAssembly has 4 GiB, and some runtimes give less. */
function allocate(pages: number): WebAssembly.Memory | null {
  try {
    return new WebAssembly.Memory({ initial: pages });
  } catch {
    // The scan over floats gives the same answers, slower.
    return null;
  }
}

/** Queries, scores, list of addresses, rows: in this order in memory, each on a boundary of its type. */
const outAt = (codesPerRow: number): number => 2 * QUERIES_AT_ONCE * codesPerRow;
const listAt = (codesPerRow: number): number => outAt(codesPerRow) + 4 * QUERIES_AT_ONCE * ROWS_PER_CALL;

const slack = (error: number, { length, lost }: PreparedQuery): number =>
  error * (length + lost) + lost + FLOAT_ROUNDING;

function quantiseQuery(
  queries: Float32Array,
  offset: number,
  dimension: number,
  codes: Int16Array,
): PreparedQuery {
  // A sum of `dimension` products must fit 32 bits.
  const codeMax = Math.min(QUERY_CODE_MAX, Math.floor(0x7fff_ffff / (CODE_MAX * dimension)));
  const unit = largestOf(queries, offset, dimension) / codeMax;
  let squares = 0;
  for (let at = 0; at < dimension; at += 1) squares += queries[offset + at]! * queries[offset + at]!;
  return { unit, length: Math.sqrt(squares), lost: quantise(queries, offset, dimension, unit, codes) };
}

function largestOf(vectors: Float32Array, offset: number, dimension: number): number {
  let largest = 0;
  for (let at = offset; at < offset + dimension; at += 1) largest = Math.max(largest, Math.abs(vectors[at]!));
  return largest;
}

/** Writes the nearest whole multiples of `unit`. @returns the length of what is left of the vector */
function quantise(
  vectors: Float32Array,
  offset: number,
  dimension: number,
  unit: number,
  codes: Int8Array | Int16Array,
): number {
  let squares = 0;
  for (let at = 0; at < dimension; at += 1) {
    const value = vectors[offset + at]!;
    const code = unit > 0 ? Math.round(value / unit) : 0;
    codes[at] = code;
    const left = value - code * unit;
    squares += left * left;
  }
  return Math.sqrt(squares);
}
