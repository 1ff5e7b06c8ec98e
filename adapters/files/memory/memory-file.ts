/** The contents of one file: bytes that grow by doubling, so that appending stays cheap. */
export class MemoryFile {
  #buffer: Uint8Array;
  #sizeBytes: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#buffer = bytes.slice();
    this.#sizeBytes = bytes.length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A copy: what a caller does with it stays with the caller. */
  toBytes(): Uint8Array {
    return this.#buffer.slice(0, this.#sizeBytes);
  }

  append(bytes: Uint8Array): void {
    const needed = this.#sizeBytes + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      grown.set(this.#buffer.subarray(0, this.#sizeBytes));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#sizeBytes);
    this.#sizeBytes = needed;
  }

  /** As POSIX has it: a file cut longer than it is grows by zeros. */
  truncate(sizeBytes: number): void {
    if (sizeBytes > this.#sizeBytes) this.append(new Uint8Array(sizeBytes - this.#sizeBytes));
    this.#sizeBytes = sizeBytes;
  }
}
