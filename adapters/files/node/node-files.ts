import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ChlError } from '../../../src/core/errors.ts';
import type { AppendFile, Files } from '../../../src/core/ports/files.ts';
import { checkFileName } from '../file-name.ts';
import { NodeAppendFile } from './node-append-file.ts';
import { isMissing, storageError } from './storage-error.ts';

/** A folder on disk: `node:fs`, on Node and Deno alike. */
export class NodeFiles implements Files {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Creates the folder, durably, when there is none. */
  static async open(folder: string): Promise<NodeFiles> {
    await attempt('open', async () => {
      const firstCreated = await mkdir(folder, { recursive: true });
      if (firstCreated !== undefined) await syncParents(resolve(folder), resolve(firstCreated));
    });
    return new NodeFiles(folder);
  }

  list(): Promise<readonly string[]> {
    return attempt('list', async () => {
      const entries = await readdir(this.#folder, { withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    });
  }

  sizeBytes(name: string): Promise<number | null> {
    return attemptOr(null, 'size', async () => (await stat(this.#path(name))).size);
  }

  read(name: string): Promise<Uint8Array | null> {
    return attemptOr(null, 'read', async () => {
      const { buffer, byteOffset, byteLength } = await readFile(this.#path(name));
      return new Uint8Array(buffer, byteOffset, byteLength);
    });
  }

  async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    await attempt('write', () => writeFile(this.#path(name), parts));
  }

  async sync(name: string): Promise<void> {
    await attemptOr(undefined, 'sync', () => syncPath(this.#path(name)));
  }

  async rename(from: string, to: string): Promise<void> {
    await attemptOr(undefined, 'rename', () => rename(this.#path(from), this.#path(to)));
  }

  async remove(name: string): Promise<void> {
    await attemptOr(undefined, 'remove', () => rm(this.#path(name)));
  }

  async syncFolder(): Promise<void> {
    await attempt('syncFolder', () => syncPath(this.#folder));
  }

  openAppend(name: string): Promise<AppendFile> {
    return attempt('openAppend', () => NodeAppendFile.open(this.#path(name)));
  }

  #path(name: string): string {
    return join(this.#folder, checkFileName(name));
  }
}

/** A folder exists after a crash when the one it lies in was synced: all from `from` up to `to`. */
async function syncParents(from: string, to: string): Promise<void> {
  await syncPath(dirname(from));
  if (from !== to) await syncParents(dirname(from), to);
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function attempt<T>(operation: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof ChlError ? error : storageError(error, operation);
  }
}

/** As `attempt`; a missing file gives `fallback`. */
function attemptOr<T>(fallback: T, operation: string, action: () => Promise<T>): Promise<T> {
  return attempt(operation, async () => {
    try {
      return await action();
    } catch (error) {
      if (isMissing(error)) return fallback;
      throw error;
    }
  });
}
