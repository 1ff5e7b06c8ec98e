import { Mutex } from 'async-mutex';
import { ChlError } from '../errors.ts';
import type { Files } from '../ports/files.ts';
import type { ChangeMark } from '../ports/index-source.ts';
import type { LogOwner } from './growing-log.ts';
import type { LogRecord } from './growing-log-record.ts';
import { GrowingLogWriter } from './growing-log-writer.ts';
import type { LogChain } from './log-chain.ts';

/** The writing end of a chain of growing logs: the last one is appended to, and followed by the next. */
export class GrowingLogs {
  readonly #files: Files;
  readonly #owner: LogOwner;
  readonly #lock = new Mutex();
  /** What was read and `#writer` has not yet taken up. */
  #unresumed: LogChain | null = null;
  #writer: GrowingLogWriter | null = null;
  /** Where each log of the chain begins, by number. */
  readonly #bases = new Map<number, ChangeMark>();
  #lastNumber = 0;

  constructor(files: Files, owner: LogOwner) {
    this.#files = files;
    this.#owner = owner;
  }

  /** Numbers up to this one were used in this folder. */
  skipNumbersTo(number: number): void {
    this.#lastNumber = Math.max(this.#lastNumber, number);
  }

  /** Goes on with a chain that was read. The disk is not touched before the first append. */
  continueChain(chain: LogChain): void {
    this.#unresumed = chain;
    for (const log of chain.logs) this.#bases.set(log.number, log.base);
  }

  /** A new chain, of one empty log. */
  beginChain(base: ChangeMark): Promise<number> {
    return this.#lock.runExclusive(() => {
      this.#unresumed = null;
      this.#bases.clear();
      return this.#startLog(base);
    });
  }

  /** The next log of the chain. Answers its number. */
  rotate(): Promise<number> {
    return this.#lock.runExclusive(async () => {
      const writer = await this.#resumed();
      // Else a record that failed might be read back, and the next log would not seem to continue it.
      await writer.settle();
      return this.#startLog(writer.end);
    });
  }

  currentLog(): Promise<number> {
    return this.#lock.runExclusive(async () => (await this.#resumed()).number);
  }

  append(records: readonly LogRecord[]): Promise<void> {
    return this.#lock.runExclusive(async () => (await this.#resumed()).append(records));
  }

  close(): Promise<void> {
    return this.#lock.runExclusive(async () => {
      const writer = this.#writer;
      this.#writer = null;
      await writer?.close();
    });
  }

  /** What is on disk reaches up to here; null before there is a chain. */
  get end(): ChangeMark | null {
    return this.#writer?.end ?? this.#unresumed?.end ?? null;
  }

  /** Of the last log. */
  get sizeBytes(): number {
    return this.#writer?.sizeBytes ?? 0;
  }

  baseOf(number: number): ChangeMark | undefined {
    return this.#bases.get(number);
  }

  /** Logs before this one count no more. */
  forgetBefore(number: number): void {
    for (const old of this.#bases.keys()) if (old < number) this.#bases.delete(old);
  }

  /** The writer of the last log; the first time, removes stale logs and cuts a torn tail. */
  async #resumed(): Promise<GrowingLogWriter> {
    if (this.#writer !== null) return this.#writer;
    const chain = this.#unresumed;
    if (chain === null) {
      throw new ChlError('INTERNAL', 'The growing log was not begun.', { operation: 'snapshot.log' });
    }
    for (const name of chain.stale) await this.#files.remove(name);
    // Before anything is appended: else a stale log could come back and seem to continue the chain.
    if (chain.stale.length > 0) await this.#files.syncFolder();
    const last = chain.logs.at(-1);
    if (last === undefined) await this.#startLog(chain.end);
    else this.#writer = await GrowingLogWriter.resume(this.#files, last);
    this.#unresumed = null;
    return this.#writer!;
  }

  async #startLog(base: ChangeMark): Promise<number> {
    // Also when the last attempt failed: what it left under its number is skipped by readers.
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const writer = await GrowingLogWriter.create(this.#files, { ...this.#owner, number, base });
    await this.#writer?.close();
    this.#writer = writer;
    this.#bases.set(number, base);
    return number;
  }
}
