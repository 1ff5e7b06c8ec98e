import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ChlError } from '../../core/errors.ts';
import { isNamespaceName } from '../../service/namespaces/namespace-name.ts';
import type { NamespaceStore, StoredNamespace } from '../../service/namespaces/namespaces.ts';

/** Deleted ones on their way: no namespace can have such a name. */
const DELETED = '.deleted-';

/**
 * A folder for each namespace, which is a data folder like any other: `chl verify` and `chl restore`
 * work on it, and it may be moved to a service of its own.
 */
export class NamespaceFolders implements NamespaceStore {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Finishes what a deletion that was cut short has left. @throws UNAVAILABLE */
  static async open(dataDir: string): Promise<NamespaceFolders> {
    const root = join(dataDir, 'namespaces');
    try {
      await mkdir(root, { recursive: true });
      for (const name of await readdir(root)) {
        if (name.startsWith(DELETED)) await rm(join(root, name), { recursive: true, force: true });
      }
    } catch (cause) {
      throw unusable(cause);
    }
    return new NamespaceFolders(root);
  }

  /** @param name of a namespace; nothing else is a part of a path here */
  pathOf(name: string): string {
    if (!isNamespaceName(name)) throw new ChlError('NOT_FOUND', 'There is no such namespace.');
    return join(this.#root, name);
  }

  async list(): Promise<readonly StoredNamespace[]> {
    const folders = await readdir(this.#root, { withFileTypes: true });
    const names = folders.filter((one) => one.isDirectory() && isNamespaceName(one.name));
    const stored = await Promise.all(
      names.map(async ({ name }) => {
        const { birthtimeMs } = await stat(join(this.#root, name));
        return { name, createdAtMs: birthtimeMs };
      }),
    );
    return stored.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async has(name: string): Promise<boolean> {
    try {
      return (await stat(this.pathOf(name))).isDirectory();
    } catch (error) {
      if (isCode(error, 'ENOENT')) return false;
      throw unusable(error);
    }
  }

  async create(name: string): Promise<boolean> {
    try {
      await mkdir(this.pathOf(name));
      await syncFolder(this.#root);
      return true;
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false;
      throw isCode(error, 'ENOSPC') ? full(error) : unusable(error);
    }
  }

  /** One rename takes it away; the files go after that, at the next start if need be. */
  async remove(name: string): Promise<boolean> {
    const leaving = join(this.#root, `${DELETED}${name}-${randomUUID()}`);
    try {
      await rename(this.pathOf(name), leaving);
      await syncFolder(this.#root);
    } catch (error) {
      if (isCode(error, 'ENOENT')) return false;
      throw unusable(error);
    }
    await rm(leaving, { recursive: true, force: true });
    return true;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const unusable = (cause: unknown): ChlError =>
  cause instanceof ChlError
    ? cause
    : new ChlError('UNAVAILABLE', 'The folder of the namespaces cannot be used.', {
        operation: 'namespaces.folder',
        cause,
      });

const full = (cause: unknown): ChlError =>
  new ChlError('STORAGE_FULL', 'There is no room left for a namespace.', {
    operation: 'namespaces.folder',
    cause,
  });
