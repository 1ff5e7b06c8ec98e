import { MemoryFiles } from '../../../adapters/files/memory/memory-files.ts';
import type { AppendFile, Files } from '../../../src/core/ports/files.ts';

export interface FileWork {
  readonly writes: number;
  readonly appends: number;
  readonly bytes: number;
  readonly syncs: number;
  readonly folderSyncs: number;
  readonly renames: number;
}

const NONE: FileWork = { writes: 0, appends: 0, bytes: 0, syncs: 0, folderSyncs: 0, renames: 0 };

/** A folder that counts what is done to it. */
export class CountingFiles extends MemoryFiles implements Files {
  #work: FileWork = NONE;

  /** What was done since the last time. */
  take(): FileWork {
    const work = this.#work;
    this.#work = NONE;
    return work;
  }

  override async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    this.#count(
      'writes',
      parts.reduce((sum, part) => sum + part.byteLength, 0),
    );
    return super.write(name, parts);
  }

  override async sync(name: string): Promise<void> {
    this.#count('syncs');
    return super.sync(name);
  }

  override async syncFolder(): Promise<void> {
    this.#count('folderSyncs');
    return super.syncFolder();
  }

  override async rename(from: string, to: string): Promise<void> {
    this.#count('renames');
    return super.rename(from, to);
  }

  override async openAppend(name: string): Promise<AppendFile> {
    const file = await super.openAppend(name);
    return {
      get sizeBytes() {
        return file.sizeBytes;
      },
      append: async (bytes) => {
        this.#count('appends', bytes.byteLength);
        return file.append(bytes);
      },
      sync: async () => {
        this.#count('syncs');
        return file.sync();
      },
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      close: () => file.close(),
    };
  }

  #count(what: keyof Omit<FileWork, 'bytes'>, bytes = 0): void {
    this.#work = { ...this.#work, [what]: this.#work[what] + 1, bytes: this.#work.bytes + bytes };
  }
}
