import { Mutex } from 'async-mutex';
import type { AppendFile, Files } from '../../../src/core/ports/files.ts';
import { checkFileName } from '../file-name.ts';
import { FolderFile } from './folder-file.ts';
import type { SnapshotDatabase } from './snapshot-database.ts';
import { growNamed, readFolder, replaceFolder, type NamedBlob } from './snapshot-tables.ts';

export interface LibsqlFilesOptions {
  readonly database: SnapshotDatabase;
  readonly folder: string;
  /**
   * Asked before anything is stored, where several services share the folder. While it says no, what is
   * written stays in this process; the first time it says yes, the folder becomes what it is here.
   */
  readonly mayStore: () => Promise<boolean>;
}

/**
 * A folder in a libSQL database, for services without a file system. What is written waits in memory,
 * as in the cache of an operating system: `sync` stores the content of a file, and `syncFolder` makes the
 * folder in the database what it is here, in one transaction. So whoever opens it finds all of what one
 * service had synced, never a mixture, and durable is what the server has committed.
 *
 * Several services may have it open. Each sees the files as they were when it opened them: content is
 * never changed in place, and stays for a day after the last name for it is gone. The last one to sync
 * the folder wins, which is harmless: a snapshot is complete or it is refused, and every one will do.
 */
export class LibsqlFiles implements Files {
  readonly #options: LibsqlFilesOptions;
  readonly #files: Map<string, FolderFile>;
  /** One at a time: what is stored is a state of the folder, not of several moments. */
  readonly #lock = new Mutex();
  /** Blobs by the names that the database has for them, as far as this service knows. */
  #named: ReadonlyMap<string, string>;
  #isNamingBehind = false;

  private constructor(options: LibsqlFilesOptions, found: readonly NamedBlob[]) {
    this.#options = options;
    this.#files = new Map(found.map(({ name, ...blob }) => [name, new FolderFile(options.database, blob)]));
    this.#named = blobsByName(found);
  }

  /** @throws UNAVAILABLE */
  static async open(options: LibsqlFilesOptions): Promise<LibsqlFiles> {
    return new LibsqlFiles(options, await readFolder(options.database.reads, options.folder));
  }

  async list(): Promise<readonly string[]> {
    return [...this.#files.keys()];
  }

  async sizeBytes(name: string): Promise<number | null> {
    return this.#files.get(checkFileName(name))?.sizeBytes ?? null;
  }

  async read(name: string): Promise<Uint8Array | null> {
    checkFileName(name);
    return this.#lock.runExclusive(async () => (await this.#files.get(name)?.read()) ?? null);
  }

  async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    checkFileName(name);
    await this.#lock.runExclusive(async () => {
      const file = this.#create(name);
      for (const part of parts) await file.append(part);
    });
  }

  async sync(name: string): Promise<void> {
    checkFileName(name);
    await this.#lock.runExclusive(async () => {
      const { database, folder, mayStore } = this.#options;
      const file = this.#files.get(name);
      if (file === undefined || file.isStored || !(await mayStore())) return;
      const stored = await file.store();
      const named = this.#named.get(name);
      if (named === stored.blob) {
        await database.transact((session) => growNamed(session, folder, { name, ...stored }));
      } else if (named !== undefined) {
        // Other content under a name that is durable already: no one waits for `syncFolder` then.
        await this.#nameAll();
      }
    });
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.#files.get(checkFileName(from));
    checkFileName(to);
    if (file === undefined || from === to) return;
    this.#files.set(to, file);
    this.#files.delete(from);
    this.#isNamingBehind = true;
  }

  async remove(name: string): Promise<void> {
    if (this.#files.delete(checkFileName(name))) this.#isNamingBehind = true;
  }

  async syncFolder(): Promise<void> {
    await this.#lock.runExclusive(async () => {
      if (this.#isNamingBehind && (await this.#options.mayStore())) await this.#nameAll();
    });
  }

  /** The descriptor stays with the file when it is renamed, as on disk. */
  async openAppend(name: string): Promise<AppendFile> {
    const file = this.#files.get(checkFileName(name)) ?? this.#create(name);
    return {
      get sizeBytes() {
        return file.sizeBytes;
      },
      append: (bytes) => this.#lock.runExclusive(() => file.append(bytes)),
      sync: () => this.sync(this.#nameOf(file) ?? name),
      truncate: (sizeBytes) => this.#lock.runExclusive(() => file.truncate(sizeBytes)),
      close: async () => undefined,
    };
  }

  async #nameAll(): Promise<void> {
    const { database, folder } = this.#options;
    this.#isNamingBehind = false;
    try {
      const files: NamedBlob[] = [];
      for (const [name, file] of this.#files) files.push({ name, ...(await file.store()) });
      await database.transact((session) => replaceFolder(session, folder, files));
      this.#named = blobsByName(files);
    } catch (error) {
      this.#isNamingBehind = true;
      throw error;
    }
  }

  #create(name: string): FolderFile {
    const file = new FolderFile(this.#options.database, null);
    this.#files.set(name, file);
    this.#isNamingBehind = true;
    return file;
  }

  #nameOf(file: FolderFile): string | undefined {
    return [...this.#files].find(([, one]) => one === file)?.[0];
  }
}

const blobsByName = (files: readonly NamedBlob[]): ReadonlyMap<string, string> =>
  new Map(files.map(({ name, blob }) => [name, blob]));
