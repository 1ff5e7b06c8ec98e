import { ChlError } from '../../../src/core/errors.ts';
import { MemoryFile } from '../memory/memory-file.ts';
import type { SnapshotDatabase } from './snapshot-database.ts';
import { readPart, writePart, type StoredBlob } from './snapshot-tables.ts';

/** A row of 1 MiB, and so the size of a request; 31 of them come in 0.2 s. */
const PART_BYTES = 1024 * 1024;
const PARTS_AT_ONCE = 4;

/** The content of a file: parts that the database has, and after them bytes that it does not have yet. */
export class FolderFile {
  readonly #database: SnapshotDatabase;
  #stored: StoredBlob | null;
  /** Only whoever began a blob adds to it: two services would take the same number for their parts. */
  #isOurs = false;
  #tail = new MemoryFile();

  constructor(database: SnapshotDatabase, stored: StoredBlob | null) {
    this.#database = database;
    this.#stored = stored;
  }

  get sizeBytes(): number {
    return (this.#stored?.sizeBytes ?? 0) + this.#tail.sizeBytes;
  }

  /** Null before the first `store`. */
  get stored(): StoredBlob | null {
    return this.#stored;
  }

  get isStored(): boolean {
    return this.#stored !== null && this.#tail.sizeBytes === 0;
  }

  /** @throws UNAVAILABLE when the database has cleared it away */
  async read(): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.sizeBytes);
    const parts = this.#stored === null ? [] : await this.#readParts(this.#stored);
    let at = 0;
    for (const part of [...parts, this.#tail.toBytes()]) {
      bytes.set(part.subarray(0, bytes.length - at), at);
      at += part.length;
    }
    return bytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#stored !== null && !this.#isOurs) await this.#takeOver();
    this.#tail.append(bytes);
  }

  async truncate(sizeBytes: number): Promise<void> {
    const stored = this.#stored?.sizeBytes ?? 0;
    if (sizeBytes < stored) await this.#takeOver();
    this.#tail.truncate(sizeBytes - (this.#stored?.sizeBytes ?? 0));
  }

  /** Brings the database what it does not have. Safe to repeat after a failure. */
  async store(): Promise<StoredBlob> {
    if (this.#stored !== null && this.isStored) return this.#stored;
    const tail = this.#tail.toBytes();
    const { blob, parts, sizeBytes } = this.#stored ?? { blob: crypto.randomUUID(), parts: 0, sizeBytes: 0 };
    const count = Math.ceil(tail.length / PART_BYTES) || (parts === 0 ? 1 : 0);
    for (let part = 0; part < count; part += 1) {
      const bytes = tail.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
      await this.#database.transact((session) => writePart(session, blob, parts + part, bytes));
    }
    this.#isOurs = true;
    this.#tail = new MemoryFile();
    this.#stored = { blob, parts: parts + count, sizeBytes: sizeBytes + tail.length };
    return this.#stored;
  }

  /** Everything into memory; the next `store` begins a blob of this service's own. */
  async #takeOver(): Promise<void> {
    this.#tail = new MemoryFile(await this.read());
    this.#stored = null;
  }

  async #readParts({ blob, parts }: StoredBlob): Promise<readonly Uint8Array[]> {
    const read: Uint8Array[] = Array.from({ length: parts });
    let next = 0;
    const readOn = async (): Promise<void> => {
      while (next < parts) {
        const part = next;
        next += 1;
        const bytes = await readPart(this.#database.reads, blob, part);
        if (bytes === null) {
          throw new ChlError('UNAVAILABLE', 'A file of the snapshot has been cleared away in the database.', {
            operation: 'snapshot.read',
          });
        }
        read[part] = bytes;
      }
    };
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, readOn));
    return read;
  }
}
