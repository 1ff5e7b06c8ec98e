import { asEntryKey, type EntryKey, type Seq } from '../../../../src/core/ids.ts';
import type {
  EmbeddingQueueState,
  QueuedText,
  QueuedTextsRequest,
} from '../../../../src/core/ports/catalog.ts';
import type { SqlReader, SqlSession } from '../sql-session.ts';
import { isQueuePaused } from './meta.ts';

export interface QueuedEmbedding {
  readonly version: number;
  readonly fingerprint: string;
  readonly contentHash: string;
  /** Why there is no vector yet. */
  readonly reason: string;
  readonly queuedSeq: Seq;
  readonly atMs: number;
}

export async function queueEmbedding(
  session: SqlSession,
  key: EntryKey,
  queued: QueuedEmbedding,
): Promise<void> {
  await session.run(
    `INSERT INTO embedding_queue
       (entry_key, version, fingerprint, content_hash, reason, queued_seq, attempts, next_attempt_ms, queued_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)`,
    [
      key,
      queued.version,
      queued.fingerprint,
      queued.contentHash,
      queued.reason,
      queued.queuedSeq,
      queued.atMs,
      queued.atMs,
    ],
  );
}

/** Those that may be tried now, in the order in which they were written. */
export async function selectQueuedTexts(
  reader: SqlReader,
  { nowMs, limit, except }: QueuedTextsRequest,
): Promise<readonly QueuedText[]> {
  const rows = await reader.all(
    `SELECT q.entry_key, q.version, q.content_hash, q.attempts, e.heading, e.body
     FROM embedding_queue q JOIN entries e ON e.entry_key = q.entry_key
     WHERE q.failed = 0 AND q.next_attempt_ms <= ? AND q.entry_key NOT IN (SELECT value FROM json_each(?))
     ORDER BY q.queued_seq LIMIT ?`,
    [nowMs, JSON.stringify(except), limit],
  );
  return rows.map((row) => ({
    key: asEntryKey(row['entry_key'] as number),
    version: row['version'] as number,
    contentHash: row['content_hash'] as string,
    attempts: row['attempts'] as number,
    text: { heading: row['heading'] as string, body: row['body'] as string },
  }));
}

export async function readQueueState(reader: SqlReader): Promise<EmbeddingQueueState> {
  const row = await reader.first(
    `SELECT count(*) AS entries, coalesce(sum(failed), 0) AS failed,
       min(CASE WHEN failed = 0 THEN queued_at_ms END) AS oldest,
       min(CASE WHEN failed = 0 THEN next_attempt_ms END) AS next,
       (SELECT reason FROM embedding_queue WHERE attempts > 0 ORDER BY failed DESC, queued_seq LIMIT 1) AS reason
     FROM embedding_queue`,
  );
  const failed = row?.['failed'] as number;
  return {
    waiting: (row?.['entries'] as number) - failed,
    failed,
    oldestQueuedAtMs: row?.['oldest'] as number | null,
    nextAttemptMs: row?.['next'] as number | null,
    refusal: row?.['reason'] as string | null,
    paused: await isQueuePaused(reader),
  };
}

export interface Postponed {
  readonly attempts: number;
  readonly nextAttemptMs: number;
  readonly reason: string;
  readonly failed: boolean;
}

export async function postponeQueued(session: SqlSession, key: EntryKey, to: Postponed): Promise<void> {
  await session.run(
    'UPDATE embedding_queue SET attempts = ?, next_attempt_ms = ?, reason = ?, failed = ? WHERE entry_key = ?',
    [to.attempts, to.nextAttemptMs, to.reason, to.failed ? 1 : 0, key],
  );
  if (to.failed) {
    await session.run(`UPDATE entries SET embedding_status = 'failed' WHERE entry_key = ?`, [key]);
  }
}

/** Everything that waits may be tried at once; with `failed`, what was given up is taken up again. */
export async function makeQueueDue(session: SqlSession, failed: boolean): Promise<void> {
  if (failed) {
    await session.run(`UPDATE entries SET embedding_status = 'pending' WHERE embedding_status = 'failed'`);
    await session.run(
      'UPDATE embedding_queue SET failed = 0, attempts = 0, next_attempt_ms = 0 WHERE failed = 1',
    );
  }
  await session.run(
    'UPDATE embedding_queue SET next_attempt_ms = 0 WHERE failed = 0 AND next_attempt_ms > 0',
  );
}
