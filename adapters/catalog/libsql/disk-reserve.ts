import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Written at a time; random, so that no file system stores less than its length. */
const CHUNK_BYTES = 256 * 1024;

/**
 * A file that only takes room. On a full disk SQLite cannot even delete, because a deletion is
 * logged before anything is freed; giving the file back makes room for that, and for nothing else:
 * while the reserve is not held, only deletions are accepted.
 */
export class DiskReserve {
  readonly #path: string;
  readonly #bytes: number;

  constructor(options: { readonly path: string; readonly bytes: number }) {
    this.#path = options.path;
    this.#bytes = options.bytes;
  }

  get isHeld(): boolean {
    return existsSync(this.#path) && statSync(this.#path).size === this.#bytes;
  }

  /** Takes the room if there is as much. @returns whether it is held now */
  take(): boolean {
    if (this.isHeld) return true;
    const partial = `${this.#path}.tmp`;
    try {
      rmSync(this.#path, { force: true });
      const { bavail, bsize } = statfsSync(dirname(this.#path));
      if (bavail * bsize < this.#bytes) return false;
      this.#write(partial);
      renameSync(partial, this.#path);
      return true;
    } catch {
      // Whatever it was, the room is not ours; the next write asks again.
      rmSync(partial, { force: true });
      return false;
    }
  }

  giveBack(): void {
    rmSync(this.#path, { force: true });
  }

  #write(path: string): void {
    const chunk = randomFillSync(new Uint8Array(CHUNK_BYTES));
    const descriptor = openSync(path, 'w');
    try {
      for (let written = 0; written < this.#bytes;) {
        written += writeSync(descriptor, chunk, 0, Math.min(chunk.length, this.#bytes - written));
      }
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}
