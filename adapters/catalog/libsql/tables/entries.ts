import type { EmbeddingStatus, EntityType, Entry } from '../../../../src/core/entry.ts';
import type { EntryKey, Seq, VectorId } from '../../../../src/core/ids.ts';
import type { NewEntry } from '../../../../src/core/ports/catalog.ts';
import type { SqlReader, SqlSession } from '../sql-session.ts';
import { clearEmbedding } from './embeddings.ts';
import { dataToColumns, entryFromRow } from './entry-row.ts';

/** Of an entry that this service wrote itself; federation would tell others apart. */
const SYNC_STATUS = 'local';

/** Which vector stands for an entry, and from which change on. */
export interface EmbeddingState {
  readonly seq: Seq;
  readonly vectorId: VectorId | null;
  readonly embeddingStatus: EmbeddingStatus;
}

export async function insertEntry(
  session: SqlSession,
  key: EntryKey,
  input: NewEntry,
  state: EmbeddingState,
  atMs: number,
): Promise<Entry> {
  const columns = dataToColumns(input.type, input.data);
  await session.run(
    `INSERT INTO entries (entry_key, id, type, category_code, section, skill_name, heading, body, data, tags, ref, author,
       source, sync_status, embedding_status, vector_id, version, seq, created_at_ms, updated_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)`,
    [
      key,
      input.id,
      input.type,
      input.categoryCode,
      columns.section,
      columns.skillName,
      columns.heading,
      columns.body,
      columns.rest,
      JSON.stringify(input.tags),
      input.ref,
      input.author,
      input.source,
      SYNC_STATUS,
      state.embeddingStatus,
      state.vectorId,
      state.seq,
      atMs,
      atMs,
    ],
  );
  await insertTags(session, key, input.tags);
  const { type: _type, data: _data, ...fields } = input;
  const common = {
    ...fields,
    ...state,
    key,
    syncStatus: SYNC_STATUS,
    version: 1,
    createdAtMs: atMs,
    updatedAtMs: atMs,
  };
  return { ...common, type: input.type, data: input.data } as Entry;
}

/** What a new version replaces. */
export interface EntryChanges extends EmbeddingState {
  readonly categoryCode: string;
  readonly data: Entry['data'];
  readonly tags: readonly string[];
  readonly ref: string | null;
}

export async function updateEntry(
  session: SqlSession,
  entry: Entry,
  changes: EntryChanges,
  atMs: number,
): Promise<Entry> {
  const columns = dataToColumns(entry.type, changes.data);
  const updated = { ...entry, ...changes, version: entry.version + 1, updatedAtMs: atMs } as Entry;
  await session.run(
    `UPDATE entries SET category_code = ?, section = ?, skill_name = ?, heading = ?, body = ?, data = ?, tags = ?,
       ref = ?, embedding_status = ?, vector_id = ?, version = ?, seq = ?, updated_at_ms = ?
     WHERE entry_key = ?`,
    [
      changes.categoryCode,
      columns.section,
      columns.skillName,
      columns.heading,
      columns.body,
      columns.rest,
      JSON.stringify(changes.tags),
      changes.ref,
      changes.embeddingStatus,
      changes.vectorId,
      updated.version,
      changes.seq,
      atMs,
      entry.key,
    ],
  );
  await session.run('DELETE FROM entry_tags WHERE entry_key = ?', [entry.key]);
  await insertTags(session, entry.key, changes.tags);
  return updated;
}

/** A vector arrived for the version there is: the entry's text and version stay. */
export async function setEmbedding(session: SqlSession, entry: Entry, state: EmbeddingState): Promise<Entry> {
  await session.run('UPDATE entries SET embedding_status = ?, vector_id = ?, seq = ? WHERE entry_key = ?', [
    state.embeddingStatus,
    state.vectorId,
    state.seq,
    entry.key,
  ]);
  return { ...entry, ...state };
}

/** With its tags, its vector and its place in the queue; its history stays, and its words are the group's to take out. */
export async function deleteEntry(session: SqlSession, entry: Entry): Promise<void> {
  await clearEmbedding(session, entry.key);
  await session.run('DELETE FROM entry_tags WHERE entry_key = ?', [entry.key]);
  await session.run('DELETE FROM entries WHERE entry_key = ?', [entry.key]);
}

export async function entryById(reader: SqlReader, type: EntityType, id: string): Promise<Entry | null> {
  return selectOne(reader, 'id = ? AND type = ?', [id, type]);
}

export async function entryByRef(reader: SqlReader, ref: string): Promise<Entry | null> {
  return selectOne(reader, 'ref = ?', [ref]);
}

export async function entryByKey(reader: SqlReader, key: EntryKey): Promise<Entry | null> {
  return selectOne(reader, 'entry_key = ?', [key]);
}

export async function entryExists(reader: SqlReader, id: string): Promise<boolean> {
  return (await reader.first('SELECT 1 FROM entries WHERE id = ?', [id])) !== null;
}

export async function skillIdByName(reader: SqlReader, name: string): Promise<string | null> {
  const row = await reader.first('SELECT id FROM entries WHERE skill_name = ?', [name]);
  return row === null ? null : (row['id'] as string);
}

async function selectOne(
  reader: SqlReader,
  where: string,
  args: readonly (string | number)[],
): Promise<Entry | null> {
  const row = await reader.first(`SELECT * FROM entries WHERE ${where}`, args);
  return row === null ? null : entryFromRow(row);
}

async function insertTags(session: SqlSession, key: EntryKey, tags: readonly string[]): Promise<void> {
  for (const tag of new Set(tags)) {
    await session.run('INSERT INTO entry_tags (tag, entry_key) VALUES (?, ?)', [tag, key]);
  }
}
