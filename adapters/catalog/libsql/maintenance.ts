import { randomUUID } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { Mutex } from 'async-mutex';
import { ChlError } from '../../../src/core/errors.ts';
import type {
  CatalogBackup,
  CatalogMaintenance,
  CompactReport,
} from '../../../src/core/ports/catalog-maintenance.ts';
import { copyDatabase, type DatabaseCopy } from './copy-database.ts';
import type { CopyAnswer, CopyOrder } from './thread/serve-copy.ts';

export interface MaintenanceOptions {
  readonly path: string;
  /** The compiled `src/entry/backup-thread.ts`; without it a copy blocks the calling thread. */
  readonly backupThread?: URL;
  /** The writer's: it owns the only writing connection. */
  readonly compact: () => Promise<void>;
}

/** Backup and compaction of a database file. */
export class LibsqlMaintenance implements CatalogMaintenance {
  readonly #options: MaintenanceOptions;
  readonly #mutex = new Mutex();

  constructor(options: MaintenanceOptions) {
    this.#options = options;
  }

  backup(): Promise<CatalogBackup> {
    return this.#mutex.runExclusive(async () => {
      await this.#removeLeftOvers();
      const target = join(dirname(this.#options.path), `${this.#copyPrefix}${randomUUID()}`);
      const copy = await this.#copy(target);
      const handle = await open(target, 'r');
      // Without a name it is gone with its last reader, however this process ends.
      await rm(target);
      // Node's type of a web stream is not the DOM's, though it is the same class.
      const content = Readable.toWeb(handle.createReadStream()) as unknown as ReadableStream<Uint8Array>;
      return { ...copy, content };
    });
  }

  compact(): Promise<CompactReport> {
    return this.#mutex.runExclusive(async () => {
      const bytesBefore = await this.#sizeBytes();
      await this.#options.compact();
      return { bytesBefore, bytesAfter: await this.#sizeBytes() };
    });
  }

  /** Copies that were being made when the process ended. */
  async #removeLeftOvers(): Promise<void> {
    const folder = dirname(this.#options.path);
    const names = await readdir(folder);
    const leftOvers = names.filter((name) => name.startsWith(this.#copyPrefix));
    await Promise.all(leftOvers.map((name) => rm(join(folder, name), { force: true })));
  }

  get #copyPrefix(): string {
    return `${basename(this.#options.path)}.copy-`;
  }

  async #sizeBytes(): Promise<number> {
    const { path } = this.#options;
    const log = await stat(`${path}-wal`).catch(() => null);
    return (await stat(path)).size + (log?.size ?? 0);
  }

  #copy(target: string): Promise<DatabaseCopy> {
    const { path, backupThread } = this.#options;
    return backupThread === undefined
      ? copyDatabase(path, target)
      : copyInThread(backupThread, { path, target });
  }
}

function copyInThread(url: URL, order: CopyOrder): Promise<DatabaseCopy> {
  return new Promise((resolve, reject) => {
    const lost = (cause?: unknown): void =>
      reject(new ChlError('UNAVAILABLE', 'The copy of the database was not finished.', { cause }));
    const worker = new Worker(url, { workerData: order });
    worker.on('message', (answer: CopyAnswer) => {
      if (answer.kind === 'copied') resolve(answer.copy);
      else reject(ChlError.fromData(answer.error));
    });
    worker.on('error', lost);
    // Of no effect after an answer.
    worker.on('exit', () => lost());
  });
}
