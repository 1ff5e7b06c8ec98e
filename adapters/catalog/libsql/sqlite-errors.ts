import { ChlError, toChlError } from '../../../src/core/errors.ts';
import type { SqlSession } from './sql-session.ts';

/** `SQLITE_BUSY`, `SQLITE_CONSTRAINT_UNIQUE`, …; null for anything SQLite did not throw. */
export function sqliteCode(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : null;
}

/** What recovery should do about a failed statement. */
export type SqlFault =
  | 'operation' // the row or the request is wrong: undo this operation, keep its neighbours
  | 'busy' // another process holds the lock
  | 'full' // no room
  | 'connection'; // nothing this connection says can be trusted any more

/**
 * Codes after which SQLite may have rolled back by itself (sqlite.org/lang_transaction.html,
 * "Response To Errors Within A Transaction") or which blame the file, so the group is lost as a whole.
 */
const CONNECTION_FAULTS = [
  'SQLITE_IOERR',
  'SQLITE_CORRUPT',
  'SQLITE_NOTADB',
  'SQLITE_NOMEM',
  'SQLITE_CANTOPEN',
  'SQLITE_READONLY',
  'SQLITE_PROTOCOL',
  'SQLITE_INTERRUPT',
  'SQLITE_AUTH',
  'SQLITE_MISUSE',
];

export function sqlFault(error: unknown): SqlFault {
  const code = sqliteCode(error);
  if (code === null) return 'operation';
  if (isTextIndexDamage(error)) return 'connection';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'busy';
  if (code.startsWith('SQLITE_FULL')) return 'full';
  return CONNECTION_FAULTS.some((fault) => code.startsWith(fault)) ? 'connection' : 'operation';
}

/** A statement that failed before its transaction was committed: nothing of it happened. */
export function didNotHappen(error: unknown, operation: string): ChlError {
  if (error instanceof ChlError) return error;
  const options = { operation, cause: error };
  if (isTextIndexDamage(error)) {
    return new ChlError(
      'UNAVAILABLE',
      'The full-text index is damaged; it is rebuilt by the next start or write.',
      {
        ...options,
        hint: 'Repeat the request in a moment.',
        retryAfterSeconds: 1,
      },
    );
  }
  switch (sqlFault(error)) {
    case 'busy':
      return new ChlError('UNAVAILABLE', 'The database is locked by another process.', {
        ...options,
        retryAfterSeconds: 1,
      });
    case 'full':
      return new ChlError('STORAGE_FULL', 'There is no room left to store this.', {
        ...options,
        hint: 'Free some disk space, then repeat the request.',
      });
    case 'connection':
      return isDamage(error)
        ? new ChlError('CORRUPT', 'The database file is damaged.', {
            ...options,
            hint: 'Run `chl verify`; restore a backup if it confirms the damage.',
          })
        : new ChlError('UNAVAILABLE', 'The database could not be used.', {
            ...options,
            retryAfterSeconds: 1,
          });
    case 'operation':
      return toChlError(error, operation);
  }
}

/** A COMMIT that failed: it may or may not have reached the disk. */
export function outcomeUnknown(error: unknown, operation: string): ChlError {
  return new ChlError('OUTCOME_UNKNOWN', 'It is not known whether the write was stored.', {
    operation,
    cause: error,
    hint: 'Repeat the request with the same Idempotency-Key.',
    retryAfterSeconds: 1,
  });
}

/**
 * Before a connection is closed: closing alone leaves the transaction, and its lock, to the garbage
 * collector for as long as a prepared statement is alive (measured, libsql 0.5.29).
 * @returns what kept it from rolling back, or null. SQLite may have done so by itself already, which
 *   it reports as SQLITE_ERROR
 */
export async function rollBack(session: SqlSession): Promise<unknown> {
  try {
    await session.run('ROLLBACK');
    return null;
  } catch (error) {
    return sqliteCode(error) === 'SQLITE_ERROR' ? null : error;
  }
}

/**
 * A statement on the full-text index alone failed in a way that SQLite does not call damage: a garbage
 * length makes FTS5 ask for more memory than there is, a garbage number lets it write a segment twice.
 * At worst, when memory is short indeed, an index that is whole is rebuilt.
 */
export class TextIndexDamage extends Error {
  override readonly name = 'TextIndexDamage';
  readonly code = 'SQLITE_CORRUPT_VTAB';
}

/** The full-text index is damaged, or cannot even be opened; the entries are not concerned. */
export function isTextIndexDamage(error: unknown): boolean {
  const code = sqliteCode(error) ?? '';
  if (code.startsWith('SQLITE_CORRUPT_VTAB')) return true;
  // A lost format number is a plain SQLITE_ERROR.
  return code === 'SQLITE_ERROR' && (error as Error).message.includes('fts5 file format');
}

function isDamage(error: unknown): boolean {
  const code = sqliteCode(error) ?? '';
  return code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB');
}
