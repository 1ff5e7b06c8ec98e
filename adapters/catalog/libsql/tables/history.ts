import type { Entry, EntryData } from '../../../../src/core/entry.ts';
import { asSeq, type Seq } from '../../../../src/core/ids.ts';
import type { HistoryRecord } from '../../../../src/core/ports/catalog.ts';
import type { SqlReader, SqlSession } from '../sql-session.ts';

export interface NewHistory {
  readonly seq: Seq;
  readonly op: HistoryRecord['op'];
  readonly version: number;
  readonly actor: string;
  readonly atMs: number;
}

/** Keeps what the entry said from this change on; of a delete, what it said last. */
export async function insertHistory(session: SqlSession, entry: Entry, record: NewHistory): Promise<void> {
  await session.run(
    `INSERT INTO entry_history (seq, entry_id, version, op, actor, at_ms, data, tags)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      record.seq,
      entry.id,
      record.version,
      record.op,
      record.actor,
      record.atMs,
      JSON.stringify(entry.data),
      JSON.stringify(entry.tags),
    ],
  );
}

export async function selectHistory(reader: SqlReader, entryId: string): Promise<readonly HistoryRecord[]> {
  const rows = await reader.all('SELECT * FROM entry_history WHERE entry_id = ? ORDER BY seq', [entryId]);
  return rows.map((row) => ({
    version: row['version'] as number,
    op: row['op'] as HistoryRecord['op'],
    seq: asSeq(row['seq'] as number),
    actor: row['actor'] as string,
    atMs: row['at_ms'] as number,
    data: JSON.parse(row['data'] as string) as EntryData,
    tags: JSON.parse(row['tags'] as string) as readonly string[],
  }));
}
