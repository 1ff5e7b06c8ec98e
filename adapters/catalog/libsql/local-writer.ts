import { Mutex } from 'async-mutex';
import { ChlError } from '../../../src/core/errors.ts';
import { failpoint } from '../../../src/core/failpoints.ts';
import type { CatalogWriter, CommitReport, WriteOperation } from '../../../src/core/ports/catalog.ts';
import { checkTextIndex, mergeTextIndex, rebuildTextIndex } from '../../text/fts5/table.ts';
import { checkSchemaVersion, migrate } from './migrations/migrate.ts';
import type { SqlConnection, SqlSession } from './sql-session.ts';
import {
  didNotHappen,
  isTextIndexDamage,
  outcomeUnknown,
  rollBack,
  sqlFault,
  sqliteCode,
} from './sqlite-errors.ts';
import { nonceOf } from './tables/changes.ts';
import { dropOldChanges } from './tables/changes-retention.ts';
import { bindFingerprint, readFingerprint } from './tables/meta.ts';
import { applyGroup } from './write-group.ts';

export interface WriterFault {
  readonly message: string;
  readonly sqliteCode: string | null;
  /** The error's own text, for the log only: it may hold SQL. */
  readonly cause: string;
}

export interface LocalWriterOptions {
  /** A new writing connection to the same file, each time. */
  readonly connect: () => SqlConnection;
  /** Told of every failure that replaces the connection, and of every unexpected one. */
  readonly onFault: (fault: WriterFault) => void;
  /** How many of the newest changes the feed keeps; all of them without it. */
  readonly changesKept?: number;
}

export interface BindingWriter extends CatalogWriter {
  bindFingerprint(fingerprint: string): Promise<string>;
  /** @throws STORAGE_FULL, UNAVAILABLE, CORRUPT; the content is the same in any case */
  compact(): Promise<void>;
  close(): Promise<void>;
}

/** Checked at every start up to here, in about a second; above it by `chl verify`. */
const TEXT_CHECK_ENTRIES_MAX = 100_000;

/**
 * The one writer of a database file, on whatever thread it is called. After any failure of a
 * transaction its connection is thrown away, because SQLite may go on inside the failed transaction
 * and lose what it then acknowledges; the next write first proves, by a checkpoint that empties the
 * log, that everything visible is on disk.
 */
export class LocalWriter implements BindingWriter {
  readonly #options: LocalWriterOptions;
  readonly #mutex = new Mutex();
  #connection: SqlConnection | null;
  /** Everything this connection can see is known to survive power loss. Not so after a start or a fault. */
  #proven = false;
  /** The full-text index was found damaged, and is rebuilt before the next transaction. */
  #textIsDamaged = false;
  #textWasChecked = false;

  private constructor(options: LocalWriterOptions, connection: SqlConnection) {
    this.#options = options;
    this.#connection = connection;
  }

  /** Opens the file and brings its schema up to date. @throws CONFIGURATION, CORRUPT, UNAVAILABLE */
  static async open(options: LocalWriterOptions): Promise<LocalWriter> {
    let connection: SqlConnection | null = null;
    try {
      connection = options.connect();
      await checkSchemaVersion(connection);
      await useWriteAheadLog(connection);
      await migrate(connection, { nowMs: Date.now() });
      return new LocalWriter(options, connection);
    } catch (error) {
      connection?.close();
      throw didNotHappen(error, 'catalog.open');
    }
  }

  commit(group: readonly WriteOperation[]): Promise<CommitReport> {
    return this.#transact(
      async (session) => {
        const { report } = await applyGroup(session, group, {
          onUnexpected: (error) => this.#report('An operation failed.', error),
        });
        const { changesKept } = this.#options;
        if (changesKept !== undefined) await dropOldChanges(session, report.after.seq, changesKept);
        return report;
      },
      // A group that changed no entry, an act for the audit say, has no mark of its own to look for.
      async (session, { before, after }) =>
        after.seq !== before.seq && (await nonceOf(session, after.seq)) === after.nonce,
    );
  }

  bindFingerprint(fingerprint: string): Promise<string> {
    return this.#transact(
      (session) => bindFingerprint(session, fingerprint),
      async (session, bound) => (await readFingerprint(session)) === bound,
    );
  }

  compact(): Promise<void> {
    return this.#mutex.runExclusive(async () => {
      const connection = await this.#provenConnection();
      try {
        await mergeTextIndex(connection);
        await connection.run('VACUUM');
        await emptyLog(connection);
      } catch (error) {
        await this.#discard(error);
        throw didNotHappen(error, 'catalog.compact');
      }
    });
  }

  /** Copies the log into the database file and gives its room back. @throws STORAGE_FULL, UNAVAILABLE */
  flushLog(): Promise<void> {
    return this.#mutex.runExclusive(async () => {
      this.#proven = false;
      await this.#provenConnection();
    });
  }

  close(): Promise<void> {
    return this.#mutex.runExclusive(async () => {
      if (this.#connection === null) return;
      try {
        await emptyLog(this.#connection);
      } catch (error) {
        // Nothing is lost: the log stays, and the next open reads it.
        this.#report('The log could not be emptied at shutdown.', error);
      }
      this.#connection.close();
      this.#connection = null;
    });
  }

  /** @param isVisible whether a transaction that failed to commit took effect after all */
  #transact<Result>(
    body: (session: SqlSession) => Promise<Result>,
    isVisible: (session: SqlSession, result: Result) => Promise<boolean>,
  ): Promise<Result> {
    return this.#mutex.runExclusive(async () => {
      const connection = await this.#provenConnection();
      let result: Result;
      try {
        await connection.run('BEGIN IMMEDIATE');
        result = await body(connection);
        failpoint('commit.before-commit');
      } catch (error) {
        await this.#discard(error);
        throw didNotHappen(error, 'catalog.commit');
      }
      try {
        await connection.run('COMMIT');
      } catch (error) {
        await this.#discard(error);
        throw await this.#judgeFailedCommit(error, (session) => isVisible(session, result));
      }
      // After the first transaction: the start of the service waits for that one, and for no check.
      if (!this.#textWasChecked) void this.#checkText();
      this.#textWasChecked = true;
      return result;
    });
  }

  /**
   * Damage in the full-text index shows late, when the entry whose words it lost is changed, or never:
   * as an answer without it. So each start looks, behind the first transaction, and rebuilds it.
   */
  #checkText(): Promise<void> {
    return this.#mutex.runExclusive(async () => {
      try {
        const connection = await this.#provenConnection();
        if ((await countEntries(connection)) > TEXT_CHECK_ENTRIES_MAX) return;
        // In a transaction, whose end frees the lock: a statement that failed on its own would keep it.
        await connection.run('BEGIN');
        await checkTextIndex(connection);
        await connection.run('ROLLBACK');
      } catch (error) {
        await this.#discard(error);
      }
      // Nobody waits for this: what fails is reported, and the next write tries again.
      if (this.#textIsDamaged) await this.#provenConnection().catch(() => undefined);
    });
  }

  async #provenConnection(): Promise<SqlConnection> {
    try {
      this.#connection ??= this.#options.connect();
      if (!this.#proven) await emptyLog(this.#connection);
      this.#proven = true;
      if (this.#textIsDamaged) await rebuildTextIndex(this.#connection);
      this.#textIsDamaged = false;
      return this.#connection;
    } catch (error) {
      await this.#discard(error);
      throw didNotHappen(error, 'catalog.recover');
    }
  }

  /**
   * A full disk is the one failure that can be settled: the commit record is written last, and SQLite
   * rolls back when it or a page before it finds no room (sqlite.org/lang_transaction.html). So nothing
   * has happened, unless a fresh connection sees it. Where none can look, for want of room itself, the
   * rule holds alone: 512 of 512 commits that failed so, at each of 40 fill levels, had left nothing.
   */
  async #judgeFailedCommit(
    error: unknown,
    isVisible: (session: SqlSession) => Promise<boolean>,
  ): Promise<ChlError> {
    if (sqlFault(error) !== 'full') return outcomeUnknown(error, 'catalog.commit');
    try {
      this.#connection ??= this.#options.connect();
      if (await isVisible(this.#connection)) return outcomeUnknown(error, 'catalog.commit');
    } catch (second) {
      await this.#discard(second);
    }
    return didNotHappen(error, 'catalog.commit');
  }

  async #discard(error: unknown): Promise<void> {
    this.#report('The writing connection is replaced after a failure.', error);
    this.#proven = false;
    this.#textIsDamaged ||= isTextIndexDamage(error);
    const connection = this.#connection;
    if (connection === null) return;
    this.#connection = null;
    const stuck = await rollBack(connection);
    if (stuck !== null) this.#report('The failed transaction could not be rolled back.', stuck);
    connection.close();
  }

  #report(message: string, error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    this.#options.onFault({ message, sqliteCode: sqliteCode(error), cause });
  }
}

async function countEntries(connection: SqlConnection): Promise<number> {
  const row = await connection.first('SELECT count(*) AS entries FROM entries');
  return row?.['entries'] as number;
}

async function useWriteAheadLog(connection: SqlConnection): Promise<void> {
  const row = await connection.first('PRAGMA journal_mode = WAL');
  if (row?.['journal_mode'] === 'wal') return;
  throw new ChlError('CONFIGURATION', 'The database cannot keep a write-ahead log here.', {
    operation: 'catalog.open',
    hint: 'Put the data directory on a local disk: network file systems lack the shared memory it needs.',
  });
}

/** Copies the log into the file, syncs both and cuts the log to nothing. */
async function emptyLog(connection: SqlConnection): Promise<void> {
  const row = await connection.first('PRAGMA wal_checkpoint(TRUNCATE)');
  if (row?.['busy'] === 0) return;
  throw new ChlError('UNAVAILABLE', 'The database is busy recovering from a failed write.', {
    operation: 'catalog.recover',
    retryAfterSeconds: 1,
  });
}
