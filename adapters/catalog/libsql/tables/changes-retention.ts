import type { Seq } from '../../../../src/core/ids.ts';
import type { SqlSession } from '../sql-session.ts';

/** So that a lowered retention does not hold up the write that meets it first. */
const DROPPED_AT_ONCE_MAX = 1_000;

/**
 * Keeps the newest `kept` changes. Called with every group, so the work of each is about what it
 * added itself. The newest change always stays: its nonce is what a snapshot is compared with.
 */
export async function dropOldChanges(session: SqlSession, newest: Seq, kept: number): Promise<void> {
  await session.run('DELETE FROM changes WHERE seq <= ? AND seq < (SELECT min(seq) FROM changes) + ?', [
    newest - Math.max(kept, 1),
    DROPPED_AT_ONCE_MAX,
  ]);
}
