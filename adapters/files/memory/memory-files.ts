import type { AppendFile, Files } from '../../../src/core/ports/files.ts';
import { checkFileName } from '../file-name.ts';
import { MemoryFile } from './memory-file.ts';

/** Files in a Map, for tests and for places without a file system. Nothing outlives the process. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, MemoryFile>();

  constructor(contents: Iterable<readonly [name: string, bytes: Uint8Array]> = []) {
    for (const [name, bytes] of contents) this.#files.set(checkFileName(name), new MemoryFile(bytes));
  }

  async list(): Promise<readonly string[]> {
    return [...this.#files.keys()];
  }

  async sizeBytes(name: string): Promise<number | null> {
    return this.#files.get(checkFileName(name))?.sizeBytes ?? null;
  }

  async read(name: string): Promise<Uint8Array | null> {
    return this.#files.get(checkFileName(name))?.toBytes() ?? null;
  }

  async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    const file = this.#opened(name);
    file.truncate(0);
    for (const part of parts) file.append(part);
  }

  async sync(name: string): Promise<void> {
    checkFileName(name);
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.#files.get(checkFileName(from));
    checkFileName(to);
    if (file === undefined || from === to) return;
    this.#files.set(to, file);
    this.#files.delete(from);
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(checkFileName(name));
  }

  async syncFolder(): Promise<void> {
    // Memory has nothing that is more durable than itself.
  }

  /** The descriptor stays with the file when it is renamed, as on disk. */
  async openAppend(name: string): Promise<AppendFile> {
    const file = this.#opened(name);
    return {
      get sizeBytes() {
        return file.sizeBytes;
      },
      append: async (bytes) => file.append(bytes),
      sync: async () => undefined,
      truncate: async (sizeBytes) => file.truncate(sizeBytes),
      close: async () => undefined,
    };
  }

  #opened(name: string): MemoryFile {
    const existing = this.#files.get(checkFileName(name));
    if (existing !== undefined) return existing;
    const created = new MemoryFile();
    this.#files.set(name, created);
    return created;
  }
}
