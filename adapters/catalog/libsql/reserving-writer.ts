import { ChlError } from '../../../src/core/errors.ts';
import type { CommitReport, WriteOperation, WriteOutcome } from '../../../src/core/ports/catalog.ts';
import type { DiskReserve } from './disk-reserve.ts';
import { LocalWriter, type BindingWriter, type LocalWriterOptions } from './local-writer.ts';

export interface ReservingWriterOptions extends LocalWriterOptions {
  readonly reserve: DiskReserve;
}

/** A deletion logs about 15 pages; the log is emptied in between, so a small reserve is enough for many. */
const DELETED_AT_ONCE = 16;

/**
 * The writer on a disk that may fill up. Writes never use the reserve. A deletion that finds the disk
 * full is repeated with the reserve given back; from then on everything but deletions is refused
 * until there is room to take it again.
 */
export class ReservingWriter implements BindingWriter {
  readonly #writer: LocalWriter;
  readonly #reserve: DiskReserve;
  readonly #onFault: LocalWriterOptions['onFault'];

  private constructor(writer: LocalWriter, { reserve, onFault }: ReservingWriterOptions) {
    this.#writer = writer;
    this.#reserve = reserve;
    this.#onFault = onFault;
  }

  /** On a full disk SQLite cannot even open a database: the reserve makes room for that, too. */
  static async open(options: ReservingWriterOptions): Promise<ReservingWriter> {
    const { reserve } = options;
    try {
      const writer = await LocalWriter.open(options);
      reserve.take();
      return new ReservingWriter(writer, options);
    } catch (error) {
      if (!reserve.isHeld || !mayWantRoom(error)) throw error;
      reserve.giveBack();
      return new ReservingWriter(await LocalWriter.open(options), options);
    }
  }

  async commit(group: readonly WriteOperation[]): Promise<CommitReport> {
    if (!(await this.#hasReserve())) return this.#commitDeletions(group);
    try {
      return await this.#writer.commit(group);
    } catch (error) {
      if (!isFull(error) || !group.some(isDeletion)) throw error;
      this.#report('The disk is full; its reserve is given back for deletions.', error);
      this.#reserve.giveBack();
      return this.#commitDeletions(group);
    }
  }

  bindFingerprint(fingerprint: string): Promise<string> {
    return this.#writer.bindFingerprint(fingerprint);
  }

  compact(): Promise<void> {
    return this.#writer.compact();
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  async #hasReserve(): Promise<boolean> {
    if (this.#reserve.isHeld || this.#reserve.take()) return true;
    // What deletions have freed is in the log's room at first.
    await this.#tryToFlush();
    return this.#reserve.take();
  }

  async #commitDeletions(group: readonly WriteOperation[]): Promise<CommitReport> {
    const deletions = group.filter(isDeletion);
    const reports: CommitReport[] = [];
    for (let done = 0; done < deletions.length; done += DELETED_AT_ONCE) {
      try {
        reports.push(await this.#writer.commit(deletions.slice(done, done + DELETED_AT_ONCE)));
      } catch (error) {
        // Deletions that were committed have happened, whatever becomes of the rest.
        if (!isFull(error) || reports.length === 0) throw error;
        break;
      }
      await this.#tryToFlush();
    }
    const [first, last] = [reports[0], reports.at(-1)];
    if (first === undefined || last === undefined) throw full();
    const settled = reports.flatMap(({ outcomes }) => outcomes).values();
    const outcomes = group.map((operation) => outcomeOf(operation, settled));
    return { outcomes, before: first.before, after: last.after };
  }

  /** Of no consequence for what was committed; the next write tries again. */
  async #tryToFlush(): Promise<void> {
    try {
      await this.#writer.flushLog();
    } catch (error) {
      this.#report('The log could not be emptied on a full disk.', error);
    }
  }

  #report(message: string, error: unknown): void {
    this.#onFault({
      message,
      sqliteCode: null,
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}

const isDeletion = ({ kind }: WriteOperation): boolean => kind === 'delete';
const isFull = (error: unknown): boolean => error instanceof ChlError && error.code === 'STORAGE_FULL';

/** Shared memory that cannot be extended is an I/O error to SQLite, not a full disk. */
const mayWantRoom = (error: unknown): boolean =>
  isFull(error) || (error instanceof ChlError && error.code === 'UNAVAILABLE');

const full = (): ChlError =>
  new ChlError('STORAGE_FULL', 'There is no room left to store this.', {
    operation: 'catalog.commit',
    hint: 'Delete entries or free some disk space, then repeat the request.',
  });

/** @param settled of the deletions, in order; it ends early when the reserve was not enough for all */
function outcomeOf(operation: WriteOperation, settled: Iterator<WriteOutcome>): WriteOutcome {
  const next = isDeletion(operation) ? settled.next() : null;
  return next === null || next.done === true ? { ok: false, error: full().toData() } : next.value;
}
