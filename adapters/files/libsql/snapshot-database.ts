import { HranaClient, HranaConnection, HranaReader } from '../../catalog/libsql/remote/hrana-connection.ts';
import { RemoteReads } from '../../catalog/libsql/remote/remote-reads.ts';
import { neverHappened } from '../../catalog/libsql/remote/server-fault.ts';
import type { SqlReader, SqlSession } from '../../catalog/libsql/sql-session.ts';

/** What the folder asks of a libSQL server. */
export interface SnapshotDatabase {
  readonly reads: SqlReader;
  /** All of it or nothing; must be safe to repeat, since a commit whose answer is lost counts as failed. */
  transact<Result>(body: (session: SqlSession) => Promise<Result>): Promise<Result>;
}

/** A megabyte over a slow line takes its time. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Over connections of its own, and plain `fetch`. */
export function connectSnapshotDatabase(url: string, authToken: string | null): SnapshotDatabase {
  const client = new HranaClient({ url, authToken, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  return {
    reads: new RemoteReads(new HranaReader(client)),
    async transact(body) {
      const connection = new HranaConnection(client);
      try {
        await connection.run('BEGIN IMMEDIATE');
        const result = await body(connection);
        await connection.run('COMMIT');
        return result;
      } catch (error) {
        throw neverHappened(error, 'snapshot.store');
      } finally {
        // The server rolls back whatever a closed stream had open.
        connection.close();
      }
    },
  };
}
