import type { LeaseName, LeaseTerm } from '../../../../src/core/ports/catalog.ts';
import type { SqlReader, SqlSession } from '../sql-session.ts';

/** The database's own clock, in ms: the only one that all of its clients share. */
const NOW_MS = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`;

export interface LeaseClaim {
  readonly name: LeaseName;
  readonly holder: string;
  readonly ttlMs: number;
}

/**
 * The holder's own lasts longer under the same token. Free or expired, it is a new term, whose token is
 * greater by one, for the former holder, too.
 *
 * @returns the token of the term, null while another holder has it
 */
export async function claimLease(
  session: SqlSession,
  { name, holder, ttlMs }: LeaseClaim,
): Promise<number | null> {
  await session.run(
    `INSERT INTO leases (name, holder, token, expires_at_ms) VALUES (?, ?, 1, ${NOW_MS} + ?)
     ON CONFLICT (name) DO UPDATE SET
       token = CASE WHEN expires_at_ms <= ${NOW_MS} THEN token + 1 ELSE token END,
       holder = excluded.holder,
       expires_at_ms = excluded.expires_at_ms
     WHERE leases.holder = excluded.holder OR leases.expires_at_ms <= ${NOW_MS}`,
    [name, holder, ttlMs],
  );
  const row = await session.first('SELECT token FROM leases WHERE name = ? AND holder = ?', [name, holder]);
  return row === null ? null : (row['token'] as number);
}

/** Expired, not removed: tokens go on growing. */
export async function expireLease(session: SqlSession, { name, token }: LeaseTerm): Promise<void> {
  await session.run('UPDATE leases SET expires_at_ms = 0 WHERE name = ? AND token = ?', [name, token]);
}

export async function readLeaseToken(reader: SqlReader, name: LeaseName): Promise<number | null> {
  const row = await reader.first('SELECT token FROM leases WHERE name = ?', [name]);
  return row === null ? null : (row['token'] as number);
}
