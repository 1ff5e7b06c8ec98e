import { ChlError } from '../../../../src/core/errors.ts';
import type { Idempotency, WriteOutcome } from '../../../../src/core/ports/catalog.ts';
import type { SqlReader, SqlRow, SqlSession } from '../sql-session.ts';

type Success = Extract<WriteOutcome, { readonly ok: true }>;

const LIFETIME_MS = 24 * 60 * 60 * 1000;

/** Expired keys dropped per group: more than a group adds on average, few enough not to be felt. */
const PURGED_PER_GROUP_MAX = 64;

/**
 * The answer this key was given before, or null when the request is new.
 * @throws CONFLICT when the key came with another request
 */
export async function recallOutcome(
  session: SqlSession,
  idempotency: Idempotency,
  nowMs: number,
): Promise<Success | null> {
  const { owner, key, requestHash } = idempotency;
  const row = await selectKey(session, idempotency);
  if (row === null) return null;
  if ((row['created_at_ms'] as number) <= nowMs - LIFETIME_MS) {
    await session.run('DELETE FROM idempotency_keys WHERE owner = ? AND key = ?', [owner, key]);
    return null;
  }
  if (row['request_hash'] !== requestHash) {
    throw new ChlError('CONFLICT', 'This Idempotency-Key was used for a different request.', {
      operation: 'catalog.commit',
      hint: 'Use a new key for every new request.',
    });
  }
  const stored = JSON.parse(row['outcome'] as string) as Omit<Success, 'change' | 'replayed'>;
  return { ...stored, change: null, replayed: true };
}

export function selectKey(
  reader: SqlReader,
  { owner, key }: Pick<Idempotency, 'owner' | 'key'>,
): Promise<SqlRow | null> {
  return reader.first(
    'SELECT request_hash, outcome, created_at_ms FROM idempotency_keys WHERE owner = ? AND key = ?',
    [owner, key],
  );
}

/** In the transaction of the write itself: the answer is kept exactly when the write is. */
export async function rememberOutcome(
  session: SqlSession,
  { owner, key, requestHash }: Idempotency,
  outcome: Success,
  nowMs: number,
): Promise<void> {
  const { change: _change, replayed: _replayed, ...stored } = outcome;
  await session.run(
    'INSERT INTO idempotency_keys (owner, key, request_hash, outcome, created_at_ms) VALUES (?, ?, ?, ?, ?)',
    [owner, key, requestHash, JSON.stringify(stored), nowMs],
  );
}

export async function purgeExpiredKeys(session: SqlSession, nowMs: number): Promise<void> {
  await session.run(
    `DELETE FROM idempotency_keys WHERE rowid IN
       (SELECT rowid FROM idempotency_keys WHERE created_at_ms <= ? ORDER BY created_at_ms LIMIT ?)`,
    [nowMs - LIFETIME_MS, PURGED_PER_GROUP_MAX],
  );
}
