import { Mutex } from 'async-mutex';
import { ChlError } from '../../../../src/core/errors.ts';
import type { CommitReport, WriteOperation } from '../../../../src/core/ports/catalog.ts';
import type { BindingWriter, WriterFault } from '../local-writer.ts';
import { migrate } from '../migrations/migrate.ts';
import type { SqlSession } from '../sql-session.ts';
import { outcomeUnknown, sqlFault, sqliteCode } from '../sqlite-errors.ts';
import { dropOldChanges } from '../tables/changes-retention.ts';
import { bindFingerprint } from '../tables/meta.ts';
import { applyGroup } from '../write-group.ts';
import { HranaConnection, type HranaClient } from './hrana-connection.ts';
import { neverHappened } from './server-fault.ts';

export interface RemoteWriterOptions {
  readonly client: HranaClient;
  readonly onFault: (fault: WriterFault) => void;
  readonly changesKept?: number;
}

/** How often a transaction that never began is tried again when another replica holds the lock. */
const ATTEMPTS = 8;
const PAUSE_MS = 25;

/**
 * Writes through a libSQL server. It has one writer at a time for all its clients, so the group's
 * transaction is the same as on a file; what differs is that a failure of the network is one of the
 * things that can happen to a COMMIT. A stream serves one transaction and is never used again.
 */
export class RemoteWriter implements BindingWriter {
  readonly #options: RemoteWriterOptions;
  readonly #mutex = new Mutex();

  private constructor(options: RemoteWriterOptions) {
    this.#options = options;
  }

  /** Brings the schema up to date; replicas that start together take turns. @throws CONFIGURATION, UNAVAILABLE */
  static async open(options: RemoteWriterOptions): Promise<RemoteWriter> {
    const connection = new HranaConnection(options.client);
    try {
      await migrate(connection, { nowMs: Date.now() });
      return new RemoteWriter(options);
    } catch (error) {
      throw neverHappened(error, 'catalog.open');
    } finally {
      connection.close();
    }
  }

  commit(group: readonly WriteOperation[]): Promise<CommitReport> {
    return this.#transact(async (session) => {
      const report = await applyGroup(session, group, (error) => this.#report('An operation failed.', error));
      const { changesKept } = this.#options;
      if (changesKept !== undefined) await dropOldChanges(session, report.after.seq, changesKept);
      return report;
    });
  }

  bindFingerprint(fingerprint: string): Promise<string> {
    return this.#transact((session) => bindFingerprint(session, fingerprint));
  }

  async compact(): Promise<void> {
    throw new ChlError('UNAVAILABLE', 'A remote database is compacted by its own server.', {
      retryable: false,
    });
  }

  async close(): Promise<void> {
    await this.#mutex.waitForUnlock();
  }

  #transact<Result>(body: (session: SqlSession) => Promise<Result>): Promise<Result> {
    return this.#mutex.runExclusive(async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.#attempt(body);
        } catch (error) {
          const another =
            error instanceof ChlError && error.cause !== undefined && sqlFault(error.cause) === 'busy';
          if (!another || error.code === 'OUTCOME_UNKNOWN' || attempt === ATTEMPTS) throw error;
          // Full jitter: replicas that collided once should not collide again.
          await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MS * 2 ** attempt));
        }
      }
    });
  }

  async #attempt<Result>(body: (session: SqlSession) => Promise<Result>): Promise<Result> {
    const connection = new HranaConnection(this.#options.client);
    try {
      let result: Result;
      try {
        await connection.run('BEGIN IMMEDIATE');
        result = await body(connection);
      } catch (error) {
        throw neverHappened(error, 'catalog.commit');
      }
      try {
        await connection.run('COMMIT');
      } catch (error) {
        this.#report('A commit failed.', error);
        throw outcomeUnknown(error, 'catalog.commit');
      }
      return result;
    } finally {
      // The server rolls back whatever a closed stream had open.
      connection.close();
    }
  }

  #report(message: string, error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    this.#options.onFault({ message, sqliteCode: sqliteCode(error), cause });
  }
}
