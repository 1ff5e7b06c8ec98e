import * as z from 'zod';
import { ChlError } from '../errors.ts';
import { asSeq } from '../ids.ts';
import type { ChangeMark } from '../ports/index-source.ts';
import { decodeHeader, encodeHeader } from './file-header.ts';
import type { FileType } from './file-header.ts';
import { decodeRecord } from './growing-log-record.ts';
import type { LogRecord } from './growing-log-record.ts';

/** The growing log as bytes: a header, then records (`growing-log-record.ts`) one after another. */
export const LOG_FILE: FileType = { magic: 'CHLGROWL', version: 1 };

/** Which database's and which embedder's vectors a log holds. */
export interface LogOwner {
  readonly databaseUuid: string;
  readonly epoch: number;
  readonly fingerprint: string;
  readonly dimension: number;
}

export interface LogHeader extends LogOwner {
  readonly number: number;
  /** The first record begins after this change. */
  readonly base: ChangeMark;
}

const HeaderSchema = z.strictObject({
  databaseUuid: z.string(),
  epoch: z.int().min(0),
  fingerprint: z.string(),
  dimension: z.int().min(1),
  number: z.int().min(1),
  base: z.strictObject({ seq: z.int().min(0).transform(asSeq), nonce: z.string() }),
});

export interface LogContents {
  readonly header: LogHeader;
  readonly records: readonly LogRecord[];
  /** The change that the last good record ends with; `header.base` when there is none. */
  readonly end: ChangeMark;
  /** Length up to which the file is good; what follows is a torn or damaged tail. */
  readonly goodBytes: number;
}

export const encodeLogHeader = (header: LogHeader): Uint8Array => encodeHeader(LOG_FILE, header);

/**
 * Reads up to the first record that is torn, damaged, or does not continue the one before it.
 * @throws CORRUPT when not even the header is good
 */
export function decodeLog(bytes: Uint8Array): LogContents {
  const { value, end: headerEnd } = decodeHeader(LOG_FILE, bytes);
  const parsed = HeaderSchema.safeParse(value);
  if (!parsed.success) {
    throw new ChlError('CORRUPT', 'The growing log has a header with wrong fields.', {
      operation: 'snapshot.log',
      cause: parsed.error,
    });
  }
  const header = parsed.data;
  const records: LogRecord[] = [];
  let end: ChangeMark = header.base;
  let goodBytes = headerEnd;
  for (;;) {
    const next = decodeRecord(bytes, goodBytes, header.dimension);
    if (next === null || !continues(next.record, end)) break;
    records.push(next.record);
    end = next.record.last;
    goodBytes = next.end;
  }
  return { header, records, end, goodBytes };
}

export const continues = (record: LogRecord, end: ChangeMark): boolean =>
  record.after === end.seq && record.last.seq > record.after;

export const sameMark = (one: ChangeMark, other: ChangeMark): boolean =>
  one.seq === other.seq && one.nonce === other.nonce;

export const sameOwner = (one: LogOwner, other: LogOwner): boolean =>
  one.databaseUuid === other.databaseUuid &&
  one.epoch === other.epoch &&
  one.fingerprint === other.fingerprint &&
  one.dimension === other.dimension;
