import type { EntryText } from '../../../src/core/entry.ts';
import type { EntryKey } from '../../../src/core/ids.ts';
import type { SqlSession } from '../../catalog/libsql/sql-session.ts';

/**
 * SQLite's full-text index (sqlite.org/fts5.html). It holds no text of its own ("external content"):
 * `entries` does, so a damaged index is rebuilt from it by one statement.
 */
export const CREATE_FTS_TABLE = `CREATE VIRTUAL TABLE entries_fts USING fts5(
  heading, body,
  content = 'entries', content_rowid = 'entry_key',
  tokenize = 'porter unicode61 remove_diacritics 2'
)`;

export async function indexText(session: SqlSession, key: EntryKey, text: EntryText): Promise<void> {
  await session.run('INSERT INTO entries_fts (rowid, heading, body) VALUES (?, ?, ?)', [
    key,
    text.heading,
    text.body,
  ]);
}

/** @param text exactly what was indexed: FTS5 takes the postings of these words out */
export async function unindexText(session: SqlSession, key: EntryKey, text: EntryText): Promise<void> {
  await session.run(
    `INSERT INTO entries_fts (entries_fts, rowid, heading, body) VALUES ('delete', ?, ?, ?)`,
    [key, text.heading, text.body],
  );
}

export async function rebuildTextIndex(session: SqlSession): Promise<void> {
  await session.run(`INSERT INTO entries_fts (entries_fts) VALUES ('rebuild')`);
}

/** Into one b-tree: smaller, and faster to search (sqlite.org/fts5.html, "The 'optimize' Command"). */
export async function mergeTextIndex(session: SqlSession): Promise<void> {
  await session.run(`INSERT INTO entries_fts (entries_fts) VALUES ('optimize')`);
}

/** Compares the index with the text of `entries`. @throws SQLITE_CORRUPT_VTAB when they differ */
export async function checkTextIndex(session: SqlSession): Promise<void> {
  await session.run(`INSERT INTO entries_fts (entries_fts, rank) VALUES ('integrity-check', 1)`);
}
