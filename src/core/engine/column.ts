type Numbers = Uint32Array | Float64Array;

/** A typed array that grows: one attribute of all documents, or one posting list. */
export class Column<T extends Numbers> {
  readonly #allocate: (length: number) => T;
  #values: T;
  #length = 0;

  constructor(allocate: (length: number) => T, capacity: number) {
    this.#allocate = allocate;
    this.#values = allocate(capacity);
  }

  get length(): number {
    return this.#length;
  }

  get memoryBytes(): number {
    return this.#values.byteLength;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) this.#grow();
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  remove(index: number): void {
    this.#values.copyWithin(index, index + 1, this.#length);
    this.#length -= 1;
  }

  /** What is stored so far, in place; a later push may move it. */
  values(): T {
    return this.#values.subarray(0, this.#length) as T;
  }

  #grow(): void {
    const grown = this.#allocate(this.#values.length * 2);
    grown.set(this.#values);
    this.#values = grown;
  }
}

export const uint32Column = (capacity = 8): Column<Uint32Array> =>
  new Column((length) => new Uint32Array(length), capacity);

/** Keys, change numbers and times: integers up to 2^53. */
export const float64Column = (capacity = 8): Column<Float64Array> =>
  new Column((length) => new Float64Array(length), capacity);

/** The first place of an ascending list whose number is not less. */
export function lowerBound(ascending: Uint32Array, value: number): number {
  let [from, to] = [0, ascending.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (ascending[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
