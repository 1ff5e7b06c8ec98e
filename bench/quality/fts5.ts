import Database from 'libsql';
import type { Document } from './data.ts';
import { RANKED_DEPTH, type Ranker } from './ranker.ts';

/** The reference: SQLite's FTS5 with its own BM25 and the Porter stemmer, every word of the query quoted and joined by OR. */
export function fts5Ranker(documents: readonly Document[]): Ranker & { close(): void } {
  const database = new Database(':memory:');
  database.exec(
    "CREATE VIRTUAL TABLE entries USING fts5(ref UNINDEXED, category UNINDEXED, heading, body, tokenize = 'porter unicode61')",
  );
  const insert = database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?)');
  database.exec('BEGIN');
  for (const { ref, category, text } of documents) insert.run(ref, category, text.heading, text.body);
  database.exec('COMMIT');
  const select = database.prepare(
    'SELECT ref FROM entries WHERE entries MATCH ?1 AND (?2 IS NULL OR category = ?2) ORDER BY rank, rowid LIMIT ?3',
  );
  return {
    name: 'fts5',
    rank: async (query, category) => {
      const words = query.match(/[\p{L}\p{N}]+/gu) ?? [];
      if (words.length === 0) return [];
      const match = words.map((word) => `"${word}"`).join(' OR ');
      return (select.all(match, category, RANKED_DEPTH) as readonly { ref: string }[]).map(({ ref }) => ref);
    },
    close: () => {
      database.close();
    },
  };
}
