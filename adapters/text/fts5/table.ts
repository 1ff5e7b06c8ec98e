import type { EntryText } from '../../../src/core/entry.ts';
import type { EntryKey } from '../../../src/core/ids.ts';
import type { SqlSession, SqlValue } from '../../catalog/libsql/sql-session.ts';
import { isTextIndexDamage, sqliteCode, TextIndexDamage } from '../../catalog/libsql/sqlite-errors.ts';

/**
 * SQLite's full-text index (sqlite.org/fts5.html). It holds no text of its own ("external content"):
 * `entries` does, so a damaged index is rebuilt from it by one statement.
 */
const createTable = (name: string): string => `CREATE VIRTUAL TABLE ${name} USING fts5(
  heading, body,
  content = 'entries', content_rowid = 'entry_key',
  tokenize = 'porter unicode61 remove_diacritics 2'
)`;

export const CREATE_FTS_TABLE = createTable('entries_fts');

/** Where FTS5 keeps what the index is made of. */
const SHADOW_TABLES = ['data', 'idx', 'docsize', 'config'] as const;

const MEANS_DAMAGE = ['SQLITE_NOMEM', 'SQLITE_CONSTRAINT'];

/** @throws TextIndexDamage besides what SQLite says itself */
async function run(session: SqlSession, sql: string, args?: readonly SqlValue[]): Promise<void> {
  try {
    await session.run(sql, args);
  } catch (error) {
    const code = sqliteCode(error);
    if (code === null || !MEANS_DAMAGE.some((meaning) => code.startsWith(meaning))) throw error;
    throw new TextIndexDamage(`The full-text index makes no sense (${code}).`, { cause: error });
  }
}

export async function indexText(session: SqlSession, key: EntryKey, text: EntryText): Promise<void> {
  await run(session, 'INSERT INTO entries_fts (rowid, heading, body) VALUES (?, ?, ?)', [
    key,
    text.heading,
    text.body,
  ]);
}

/** @param text exactly what was indexed: FTS5 takes the postings of these words out */
export async function unindexText(session: SqlSession, key: EntryKey, text: EntryText): Promise<void> {
  await run(
    session,
    `INSERT INTO entries_fts (entries_fts, rowid, heading, body) VALUES ('delete', ?, ?, ?)`,
    [key, text.heading, text.body],
  );
}

/**
 * Writes what FTS5 has gathered in this transaction. COMMIT would do it too, but a damaged index that
 * fails there leaves an outcome nobody knows, and no word of the index.
 */
export async function flushTextIndex(session: SqlSession): Promise<void> {
  await run(session, `INSERT INTO entries_fts (entries_fts) VALUES ('flush')`);
}

/** From the text of `entries`, however damaged the index is. */
export async function rebuildTextIndex(session: SqlSession): Promise<void> {
  await session.run('SAVEPOINT text_index');
  try {
    await rebuild(session);
  } catch (error) {
    if (!isTextIndexDamage(error)) throw error;
    await session.run('ROLLBACK TO text_index');
    await emptyTextIndex(session);
    await rebuild(session);
  }
  await session.run('RELEASE text_index');
}

const rebuild = (session: SqlSession): Promise<void> =>
  run(session, `INSERT INTO entries_fts (entries_fts) VALUES ('rebuild')`);

/**
 * An index too damaged for FTS5 to open can be neither rebuilt nor dropped by it. So its tables get
 * the content of those of a new, empty index.
 */
async function emptyTextIndex(session: SqlSession): Promise<void> {
  await session.run(createTable('empty_fts'));
  for (const shadow of SHADOW_TABLES) {
    await session.run(`DELETE FROM entries_fts_${shadow}`);
    await session.run(`INSERT INTO entries_fts_${shadow} SELECT * FROM empty_fts_${shadow}`);
  }
  await session.run('DROP TABLE empty_fts');
}

/** Into one b-tree: smaller, and faster to search (sqlite.org/fts5.html, "The 'optimize' Command"). */
export async function mergeTextIndex(session: SqlSession): Promise<void> {
  await run(session, `INSERT INTO entries_fts (entries_fts) VALUES ('optimize')`);
}

/** Compares the index with the text of `entries`. @throws SQLITE_CORRUPT_VTAB when they differ */
export async function checkTextIndex(session: SqlSession): Promise<void> {
  await run(session, `INSERT INTO entries_fts (entries_fts, rank) VALUES ('integrity-check', 1)`);
}
