import { ChlError } from '../../../src/core/errors.ts';
import type { BackendIndex, NearestRows } from '../../../src/core/ports/vector-backend.ts';
import type { NativeIndex } from './native.ts';
import { releaseNativeMemory } from './native-memory.ts';

export interface FaissIndexShape {
  readonly rowCount: number;
  readonly dimension: number;
  readonly memoryBytes: number;
  readonly serialize: (native: NativeIndex) => Promise<Uint8Array>;
}

/** One native index and the checks without which a mistake would end the process. */
export class FaissIndex implements BackendIndex {
  readonly rowCount: number;
  readonly memoryBytes: number;
  readonly #shape: FaissIndexShape;
  #native: NativeIndex | null;

  constructor(native: NativeIndex, shape: FaissIndexShape) {
    if (native.ntotal() !== shape.rowCount) {
      throw new ChlError('CORRUPT', 'The FAISS index holds another number of rows than its vectors.');
    }
    this.rowCount = shape.rowCount;
    this.memoryBytes = shape.memoryBytes;
    this.#shape = shape;
    this.#native = native;
  }

  search(queries: Float32Array, count: number, k: number): NearestRows {
    const floats = count * this.#shape.dimension;
    if (!(queries.length >= floats && k >= 1 && k <= this.rowCount)) {
      throw new RangeError(
        `FAISS: ${queries.length} floats, ${count} queries, k ${k}, ${this.rowCount} rows`,
      );
    }
    const found = this.#open().search(plainArray(queries.subarray(0, floats)), k);
    const nearest = { rows: Int32Array.from(found.labels), scores: Float32Array.from(found.distances) };
    for (let query = 0; query < count; query += 1) orderTies(nearest, query * k, (query + 1) * k);
    return nearest;
  }

  serialize(): Promise<Uint8Array> {
    return this.#shape.serialize(this.#open());
  }

  close(): void {
    if (this.#native === null) return;
    this.#native = null;
    releaseNativeMemory(this.memoryBytes);
  }

  #open(): NativeIndex {
    if (this.#native === null) throw new TypeError('The FAISS index is closed.');
    return this.#native;
  }
}

/** `Array.from` takes 20 times as long: 19 µs for 384 floats. */
export function plainArray(floats: Float32Array): number[] {
  const plain = Array<number>(floats.length);
  for (let i = 0; i < floats.length; i += 1) plain[i] = floats[i]!;
  return plain;
}

/** FAISS gives equal scores in the order its heap leaves them; here the lower row comes first. */
function orderTies({ rows, scores }: NearestRows, start: number, end: number): void {
  let runStart = start;
  for (let place = start + 1; place <= end; place += 1) {
    if (place < end && scores[place] === scores[runStart]) continue;
    if (place - runStart > 1 && rows[runStart] !== -1) rows.subarray(runStart, place).sort();
    runStart = place;
  }
}
