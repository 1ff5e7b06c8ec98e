import { toChlError } from '../errors.ts';
import type { Files } from '../ports/files.ts';
import type { ChangeMark } from '../ports/index-source.ts';
import { logName, logNumber } from './file-names.ts';
import { decodeLog, sameMark, sameOwner } from './growing-log.ts';
import type { LogContents, LogOwner } from './growing-log.ts';

/** The growing rows of one log, all its records taken together. */
export interface RecoveredLog {
  readonly number: number;
  readonly base: ChangeMark;
  readonly end: ChangeMark;
  readonly goodBytes: number;
  /** Vector ids added, in order of arrival; those in `removed` are still among them. */
  readonly ids: Float64Array;
  /** ids.length × dimension, row-major. */
  readonly vectors: Float32Array;
  /** Vector ids that died while this log was written, whichever segment or log they are in. */
  readonly removed: Float64Array;
}

export interface LogChain {
  /** In order; each continues the one before it, the first continues the manifest. */
  readonly logs: readonly RecoveredLog[];
  /** The newest change the chain reaches; `start` when there is no log. */
  readonly end: ChangeMark;
  /** Logs that do not continue the chain; removed before anything is appended. */
  readonly stale: readonly string[];
  /** What was cut off and why, for people. */
  readonly notes: readonly string[];
}

export interface ChainStart {
  readonly owner: LogOwner;
  readonly logFrom: number;
  readonly base: ChangeMark;
}

/** Replays every log from `start.logFrom` on, as far as each continues the one before it. */
export async function readLogChain(files: Files, start: ChainStart): Promise<LogChain> {
  const numbers = (await files.list())
    .flatMap((name) => logNumber(name) ?? [])
    .filter((number) => number >= start.logFrom)
    .toSorted((one, other) => one - other);
  const logs: RecoveredLog[] = [];
  const stale: string[] = [];
  const notes: string[] = [];
  let end = start.base;
  for (const number of numbers) {
    const read = await readLog(files, number, start.owner, end);
    if (typeof read === 'string') {
      // A later log may continue the chain all the same: this one may be an attempt that failed.
      stale.push(logName(number));
      notes.push(read);
      continue;
    }
    if (read.cutBytes > 0) notes.push(`${logName(number)}: ${read.cutBytes} bytes cut from a torn tail`);
    logs.push(read.log);
    end = read.log.end;
  }
  return { logs, end, stale, notes };
}

/** One log of the chain, or why it does not belong to it. */
async function readLog(
  files: Files,
  number: number,
  owner: LogOwner,
  end: ChangeMark,
): Promise<{ readonly log: RecoveredLog; readonly cutBytes: number } | string> {
  const name = logName(number);
  try {
    const bytes = await files.read(name);
    if (bytes === null) return `${name}: gone`;
    const contents = decodeLog(bytes);
    const { header } = contents;
    if (header.number !== number || !sameOwner(header, owner)) return `${name}: belongs to another index`;
    if (!sameMark(header.base, end)) {
      return `${name}: begins after change ${header.base.seq}, but the log before it ends at ${end.seq}`;
    }
    return { log: recovered(contents), cutBytes: bytes.length - contents.goodBytes };
  } catch (error) {
    return `${name}: ${toChlError(error, 'snapshot.log').message}`;
  }
}

function recovered({ header, records, end, goodBytes }: LogContents): RecoveredLog {
  const count = (select: (record: (typeof records)[number]) => number): number =>
    records.reduce((sum, record) => sum + select(record), 0);
  const ids = new Float64Array(count((record) => record.added.length));
  const vectors = new Float32Array(ids.length * header.dimension);
  const removed = new Float64Array(count((record) => record.removed.length));
  let row = 0;
  let removedAt = 0;
  for (const record of records) {
    ids.set(record.added, row);
    vectors.set(record.vectors, row * header.dimension);
    removed.set(record.removed, removedAt);
    row += record.added.length;
    removedAt += record.removed.length;
  }
  return { number: header.number, base: header.base, end, goodBytes, ids, vectors, removed };
}
