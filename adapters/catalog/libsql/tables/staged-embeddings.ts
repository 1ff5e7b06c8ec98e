import { asEntryKey, type EntryKey, type Seq } from '../../../../src/core/ids.ts';
import type { StagedVector, UnstagedText } from '../../../../src/core/ports/catalog.ts';
import type { SqlReader, SqlSession } from '../sql-session.ts';
import { vectorToBlob } from './embeddings.ts';

/** What an entry's text hashes to is known wherever its vector is, or waits to be. */
const CURRENT_HASH = 'coalesce(v.content_hash, q.content_hash)';
const ENTRIES_WITH_HASH = `entries e
  LEFT JOIN embeddings v ON v.entry_key = e.entry_key
  LEFT JOIN embedding_queue q ON q.entry_key = e.entry_key`;
const FRESHLY_STAGED = `staged_embeddings s
  ON s.fingerprint = ? AND s.entry_key = e.entry_key AND s.content_hash = ${CURRENT_HASH}`;

export async function stageVectors(
  session: SqlSession,
  fingerprint: string,
  vectors: readonly StagedVector[],
): Promise<void> {
  for (const { key, contentHash, vector } of vectors) {
    await session.run('INSERT OR REPLACE INTO staged_embeddings VALUES (?, ?, ?, ?)', [
      fingerprint,
      key,
      contentHash,
      vectorToBlob(vector),
    ]);
  }
}

/** Entries after `after` whose newest text has no staged vector yet, by ascending key. */
export async function selectUnstaged(
  reader: SqlReader,
  fingerprint: string,
  after: EntryKey,
  limit: number,
): Promise<readonly UnstagedText[]> {
  const rows = await reader.all(
    `SELECT e.entry_key, e.heading, e.body, ${CURRENT_HASH} AS content_hash
     FROM ${ENTRIES_WITH_HASH} LEFT JOIN ${FRESHLY_STAGED}
     WHERE e.entry_key > ? AND s.entry_key IS NULL
     ORDER BY e.entry_key LIMIT ?`,
    [fingerprint, after, limit],
  );
  return rows.map((row) => ({
    key: asEntryKey(row['entry_key'] as number),
    contentHash: row['content_hash'] as string,
    text: { heading: row['heading'] as string, body: row['body'] as string },
  }));
}

export async function countStaged(reader: SqlReader, fingerprint: string): Promise<number> {
  const row = await reader.first('SELECT count(*) AS staged FROM staged_embeddings WHERE fingerprint = ?', [
    fingerprint,
  ]);
  return row?.['staged'] as number;
}

/**
 * The staged vectors take the place of those there are. Every entry gets a change of its own, so that
 * a vector is again named by the change that made it; an entry whose text has no staged vector loses
 * its old one and is queued.
 *
 * @param after the last change before; the new ones are numbered from the next on without a gap
 * @returns the number of the last change
 */
export async function promoteStaged(
  session: SqlSession,
  fingerprint: string,
  after: Seq,
  atMs: number,
): Promise<number> {
  await session.run(
    `INSERT INTO changes (seq, op, entry_id, entry_key, type, category_code, version, vector_id, nonce, at_ms)
     SELECT numbered.seq, 'embed', id, entry_key, type, category_code, version,
       CASE WHEN staged_key IS NULL THEN NULL ELSE numbered.seq END, lower(hex(randomblob(8))), ?
     FROM (SELECT e.*, s.entry_key AS staged_key, ? + row_number() OVER (ORDER BY e.entry_key) AS seq
           FROM (SELECT entry_key, id, type, category_code, version FROM entries) e
             LEFT JOIN embeddings v ON v.entry_key = e.entry_key
             LEFT JOIN embedding_queue q ON q.entry_key = e.entry_key
             LEFT JOIN ${FRESHLY_STAGED}) numbered
     ORDER BY numbered.seq`,
    [atMs, after, fingerprint],
  );
  await queueTheOthers(session, fingerprint, after, atMs);
  await session.run('DELETE FROM embeddings');
  await session.run(
    `INSERT INTO embeddings (vector_id, entry_key, fingerprint, content_hash, vector)
     SELECT c.vector_id, c.entry_key, s.fingerprint, s.content_hash, s.vector
     FROM changes c JOIN staged_embeddings s ON s.fingerprint = ? AND s.entry_key = c.entry_key
     WHERE c.seq > ? AND c.vector_id IS NOT NULL ORDER BY c.seq`,
    [fingerprint, after],
  );
  await session.run(
    `UPDATE entries SET seq = c.seq, vector_id = c.vector_id,
       embedding_status = CASE WHEN c.vector_id IS NULL THEN 'pending' ELSE 'embedded' END
     FROM changes c WHERE c.seq > ? AND c.entry_key = entries.entry_key`,
    [after],
  );
  await session.run('DELETE FROM staged_embeddings');
  const row = await session.first('SELECT max(seq) AS last FROM changes WHERE seq > ?', [after]);
  return (row?.['last'] as number | null) ?? after;
}

async function queueTheOthers(
  session: SqlSession,
  fingerprint: string,
  after: Seq,
  atMs: number,
): Promise<void> {
  await session.run(
    'DELETE FROM embedding_queue WHERE entry_key IN (SELECT entry_key FROM changes WHERE seq > ? AND vector_id IS NOT NULL)',
    [after],
  );
  await session.run(
    `UPDATE embedding_queue SET fingerprint = ?, failed = 0, attempts = 0, next_attempt_ms = ?`,
    [fingerprint, atMs],
  );
  await session.run(
    `INSERT INTO embedding_queue
       (entry_key, version, fingerprint, content_hash, reason, queued_seq, attempts, next_attempt_ms, queued_at_ms)
     SELECT c.entry_key, c.version, ?, v.content_hash, 'it was written while the embedder was changed', c.seq, 0, ?, ?
     FROM changes c JOIN embeddings v ON v.entry_key = c.entry_key
     WHERE c.seq > ? AND c.vector_id IS NULL`,
    [fingerprint, atMs, atMs, after],
  );
}
