import Database from 'libsql';
import { LRUCache } from 'lru-cache';
import { collectGarbage } from '../../native/collect-garbage.ts';
import type { SqlConnection, SqlRow, SqlValue } from './sql-session.ts';

export interface SqliteConnectionOptions {
  readonly path: string;
  readonly busyTimeoutMs: number;
  /** `PRAGMA query_only`: any attempt to write fails. */
  readonly readOnly: boolean;
}

/** Filters make a few dozen texts; the bound only keeps a surprise from growing without end. */
const CACHED_STATEMENTS_MAX = 256;

/**
 * 16 MiB of log, four times SQLite's default: pages that one import changes again and again are copied
 * into the file once, which made group commits 1.2–1.5 times faster (20,000 entries).
 */
const CHECKPOINT_PAGES = 4_000;

/**
 * The binding cannot finalise a statement, and a connection whose statements V8 has not collected
 * keeps its three files open: of 60 databases opened and closed, 30 were. So a collection is asked
 * for after so many, for the sake of services that open and close databases all the time.
 */
const COLLECT_AFTER_CLOSED = 16;
let closed = 0;

function releaseStatements(): void {
  closed += 1;
  if (closed < COLLECT_AFTER_CLOSED) return;
  closed = 0;
  // Not at once: the caller's own frame still refers to them.
  setImmediate(collectGarbage);
}

/**
 * One connection to a database file. Every call blocks its thread until SQLite has answered: about
 * 30 µs for a point read, a lock wait of up to `busyTimeoutMs` or an fsync for a write.
 */
export class SqliteConnection implements SqlConnection {
  readonly #database: Database.Database;
  readonly #statements = new LRUCache<string, Database.Statement>({ max: CACHED_STATEMENTS_MAX });

  constructor(options: SqliteConnectionOptions) {
    this.#database = new Database(options.path, { timeout: options.busyTimeoutMs });
    try {
      this.#pragma('foreign_keys = ON');
      // FULL: the log is synced at every commit, which is what an acknowledgement promises.
      this.#pragma('synchronous = FULL');
      this.#pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      if (options.readOnly) this.#pragma('query_only = ON');
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  async all(sql: string, args: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    // The binding types rows as unknown; they are plain objects keyed by column.
    return this.#prepare(sql).all([...args]) as SqlRow[];
  }

  async first(sql: string, args: readonly SqlValue[] = []): Promise<SqlRow | null> {
    return (this.#prepare(sql).get([...args]) as SqlRow | undefined) ?? null;
  }

  async run(sql: string, args: readonly SqlValue[] = []): Promise<void> {
    this.#prepare(sql).run([...args]);
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
    releaseStatements();
  }

  #prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #pragma(text: string): void {
    this.#database.prepare(`PRAGMA ${text}`).all();
  }
}
