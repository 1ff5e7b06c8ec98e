import { ChlError } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import type { AppendFile, Files } from '../ports/files.ts';
import type { ChangeMark } from '../ports/index-source.ts';
import { logName } from './file-names.ts';
import { continues, encodeLogHeader } from './growing-log.ts';
import type { LogHeader } from './growing-log.ts';
import { encodeRecord } from './growing-log-record.ts';
import type { LogRecord } from './growing-log-record.ts';

/** Appends to one growing log: a group of records costs one append and one sync. */
export class GrowingLogWriter {
  readonly number: number;
  readonly base: ChangeMark;
  readonly #file: AppendFile;
  /** What is known to be on disk. */
  #durable: { readonly end: ChangeMark; readonly bytes: number };
  /** A failed append or sync may have left anything behind `#durable.bytes`. */
  #tailUnknown = false;

  private constructor(number: number, base: ChangeMark, file: AppendFile, end: ChangeMark, bytes: number) {
    this.number = number;
    this.base = base;
    this.#file = file;
    this.#durable = { end, bytes };
  }

  /** A new, empty log. It exists on disk when this resolves. */
  static async create(files: Files, header: LogHeader): Promise<GrowingLogWriter> {
    const name = logName(header.number);
    const bytes = encodeLogHeader(header);
    await files.write(name, [bytes]);
    await files.sync(name);
    failpoint('log.before-folder-sync');
    await files.syncFolder();
    const file = await files.openAppend(name);
    return new GrowingLogWriter(header.number, header.base, file, header.base, bytes.length);
  }

  /** Carries on with a log that was read; a torn tail behind `goodBytes` is cut off. */
  static async resume(
    files: Files,
    log: {
      readonly number: number;
      readonly base: ChangeMark;
      readonly end: ChangeMark;
      readonly goodBytes: number;
    },
  ): Promise<GrowingLogWriter> {
    const file = await files.openAppend(logName(log.number));
    const writer = new GrowingLogWriter(log.number, log.base, file, log.end, log.goodBytes);
    if (file.sizeBytes !== log.goodBytes) {
      writer.#tailUnknown = true;
      await writer.settle();
    }
    return writer;
  }

  /** The newest change that the log on disk holds. */
  get end(): ChangeMark {
    return this.#durable.end;
  }

  get sizeBytes(): number {
    return this.#durable.bytes;
  }

  /**
   * All or nothing: after a failure none of the records counts, and the caller may hand them in
   * again, on their own or with later ones.
   */
  async append(records: readonly LogRecord[]): Promise<void> {
    const last = this.#checkChain(records);
    if (last === null) return;
    await this.settle();
    const bytes = concatenate(records.map(encodeRecord));
    this.#tailUnknown = true;
    await this.#file.append(bytes);
    failpoint('log.before-sync');
    await this.#file.sync();
    this.#tailUnknown = false;
    this.#durable = { end: last.last, bytes: this.#durable.bytes + bytes.length };
  }

  /**
   * Leaves nothing in the file but what is known to be on disk. A sync that failed may be reported
   * as done the next time although the pages are gone (Rebello et al., "Can Applications Recover
   * from fsync Failures?", ATC 2020), so what it should have written is cut off and written anew.
   */
  async settle(): Promise<void> {
    if (!this.#tailUnknown) return;
    await this.#file.truncate(this.#durable.bytes);
    await this.#file.sync();
    this.#tailUnknown = false;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #checkChain(records: readonly LogRecord[]): LogRecord | null {
    let end = this.end;
    for (const record of records) {
      if (!continues(record, end)) {
        throw new ChlError(
          'INTERNAL',
          `A log record begins after ${record.after}; the log ends at ${end.seq}.`,
          {
            operation: 'snapshot.append',
          },
        );
      }
      end = record.last;
    }
    return records.at(-1) ?? null;
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
