import { contentHash } from '../../../../src/core/embedding.ts';
import type { EntryKey } from '../../../../src/core/ids.ts';
import { rebuildTextIndex } from '../../../text/fts5/table.ts';
import { migrate } from '../migrations/migrate.ts';
import { rollBack } from '../sqlite-errors.ts';
import type { SqlSession } from '../sql-session.ts';
import { queueEmbedding } from '../tables/embedding-queue.ts';
import { clearEmbedding } from '../tables/embeddings.ts';
import { entryByKey } from '../tables/entries.ts';
import { readFingerprint } from '../tables/meta.ts';
import type { DatabaseVerdict } from './verify-database.ts';

/**
 * Makes anew what is derived from the entries, in one transaction: the full-text index, and the
 * places in the embedding queue of entries whose vector is damaged. Entries, history and changes are
 * never touched.
 * @returns what was done, one sentence each
 */
export async function repairDatabase(
  session: SqlSession,
  { textIndexIsDamaged, vectorless }: DatabaseVerdict,
  nowMs: number,
): Promise<readonly string[]> {
  if (!textIndexIsDamaged && vectorless.length === 0) return [];
  await migrate(session, { nowMs });
  const done: string[] = [];
  await session.run('BEGIN IMMEDIATE');
  try {
    if (textIndexIsDamaged) {
      await rebuildTextIndex(session);
      done.push('Built the full-text index anew from the entries.');
    }
    const fingerprint = await readFingerprint(session);
    for (const key of new Set(vectorless)) done.push(await requeue(session, key, fingerprint ?? '', nowMs));
    await session.run('COMMIT');
  } catch (error) {
    await rollBack(session);
    throw error;
  }
  return done;
}

async function requeue(
  session: SqlSession,
  key: EntryKey,
  fingerprint: string,
  nowMs: number,
): Promise<string> {
  await clearEmbedding(session, key);
  const entry = await entryByKey(session, key);
  if (entry === null) return `Removed a vector of no entry (key ${key}).`;
  await session.run(`UPDATE entries SET embedding_status = 'pending', vector_id = NULL WHERE entry_key = ?`, [
    key,
  ]);
  await queueEmbedding(session, key, {
    version: entry.version,
    fingerprint,
    contentHash: await contentHash(await textOf(session, key)),
    reason: 'its vector was damaged',
    queuedSeq: entry.seq,
    atMs: nowMs,
  });
  return `Entry ${entry.id} waits for a new vector; it is found by its text meanwhile.`;
}

async function textOf(session: SqlSession, key: EntryKey): Promise<{ heading: string; body: string }> {
  const row = await session.first('SELECT heading, body FROM entries WHERE entry_key = ?', [key]);
  return { heading: row?.['heading'] as string, body: row?.['body'] as string };
}
