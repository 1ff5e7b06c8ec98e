import { ChlError } from '../../../../src/core/errors.ts';
import type { EntityType } from '../../../../src/core/entry.ts';
import { asEntryKey, asSeq, type EntryKey, type Seq, type VectorId } from '../../../../src/core/ids.ts';
import type { ChangeRecord } from '../../../../src/core/ports/catalog.ts';
import type { ChangeMark } from '../../../../src/core/ports/index-source.ts';
import type { SqlReader, SqlRow, SqlSession } from '../sql-session.ts';

export interface NewChange {
  readonly seq: Seq;
  readonly op: ChangeRecord['op'];
  readonly entryId: string;
  readonly key: EntryKey;
  readonly type: EntityType;
  readonly categoryCode: string;
  readonly version: number;
  /** The entry's vector after the change. */
  readonly vectorId: VectorId | null;
  readonly atMs: number;
}

/**
 * A plain INSERT: `OR IGNORE` would burn a number and leave a gap. The nonce is random, so that two
 * histories that diverged after a restore can be told apart although their numbers agree.
 */
export async function insertChange(session: SqlSession, change: NewChange): Promise<ChangeMark> {
  const nonce = crypto.randomUUID();
  await session.run(
    `INSERT INTO changes (seq, op, entry_id, entry_key, type, category_code, version, vector_id, nonce, at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      change.seq,
      change.op,
      change.entryId,
      change.key,
      change.type,
      change.categoryCode,
      change.version,
      change.vectorId,
      nonce,
      change.atMs,
    ],
  );
  return { seq: change.seq, nonce };
}

/** The newest change. The counter is AUTOINCREMENT's own, which retention can't set back. */
export async function lastChange(reader: SqlReader): Promise<ChangeMark> {
  const row = await reader.first(
    `SELECT s.seq, c.nonce FROM sqlite_sequence s LEFT JOIN changes c ON c.seq = s.seq WHERE s.name = 'changes'`,
  );
  return row === null
    ? { seq: asSeq(0), nonce: '' }
    : { seq: asSeq(row['seq'] as number), nonce: (row['nonce'] as string | null) ?? '' };
}

/** Where a group of writes begins: the newest change, and the greatest key that an entry has ever had. */
export interface GroupStart {
  readonly last: ChangeMark;
  readonly lastKey: EntryKey;
}

/** One row always, so that a session over a network can tell whether it is still as it was. */
export const GROUP_START = `SELECT last_seq, last_key, (SELECT nonce FROM changes WHERE seq = last_seq) AS last_nonce
  FROM (SELECT coalesce(max(CASE name WHEN 'changes' THEN seq END), 0) AS last_seq,
          coalesce(max(CASE name WHEN 'entries' THEN seq END), 0) AS last_key FROM sqlite_sequence)`;

export async function readGroupStart(reader: SqlReader): Promise<GroupStart> {
  const row = (await reader.first(GROUP_START))!;
  return {
    last: { seq: asSeq(row['last_seq'] as number), nonce: (row['last_nonce'] as string | null) ?? '' },
    lastKey: asEntryKey(row['last_key'] as number),
  };
}

/** The row that says so. */
export const groupStartRow = ({ last, lastKey }: GroupStart): SqlRow => ({
  last_seq: last.seq,
  last_key: lastKey,
  last_nonce: last.nonce === '' ? null : last.nonce,
});

export async function nonceOf(reader: SqlReader, seq: Seq): Promise<string | null> {
  const row = await reader.first('SELECT nonce FROM changes WHERE seq = ?', [seq]);
  return row === null ? null : (row['nonce'] as string);
}

/** @throws GONE when changes after `after` have been dropped by retention */
export async function refuseBelowHorizon(reader: SqlReader, after: Seq): Promise<void> {
  const row = await reader.first('SELECT min(seq) AS oldest FROM changes');
  const oldest = row?.['oldest'] ?? null;
  if (typeof oldest === 'number' && after < oldest - 1) {
    throw new ChlError('GONE', `Changes up to ${oldest - 1} are no longer kept.`, {
      operation: 'catalog.changes',
      hint: 'Read everything anew, then follow the feed from there.',
    });
  }
}

export async function selectChanges(
  reader: SqlReader,
  after: Seq,
  limit: number,
): Promise<readonly ChangeRecord[]> {
  const rows = await reader.all('SELECT * FROM changes WHERE seq > ? ORDER BY seq LIMIT ?', [after, limit]);
  return rows.map(changeFromRow);
}

function changeFromRow(row: SqlRow): ChangeRecord {
  return {
    seq: asSeq(row['seq'] as number),
    op: row['op'] as ChangeRecord['op'],
    entryId: row['entry_id'] as string,
    type: row['type'] as EntityType,
    categoryCode: row['category_code'] as string,
    version: row['version'] as number,
    atMs: row['at_ms'] as number,
  };
}
