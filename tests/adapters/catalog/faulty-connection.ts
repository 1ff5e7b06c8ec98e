import {
  SqliteConnection,
  type SqliteConnectionOptions,
} from '../../../adapters/catalog/libsql/sqlite-connection.ts';
import type { SqlRow, SqlValue } from '../../../adapters/catalog/libsql/sql-session.ts';

export type Fault = (sql: string) => { readonly code: string; readonly afterwards: boolean } | null;

/** A real connection on a broken disk: chosen statements fail, before or after they took effect. */
export class FaultyConnection extends SqliteConnection {
  readonly #fault: Fault;
  readonly log: string[];

  constructor(options: SqliteConnectionOptions, fault: Fault, log: string[] = []) {
    super(options);
    this.#fault = fault;
    this.log = log;
  }

  override async first(sql: string, args?: readonly SqlValue[]): Promise<SqlRow | null> {
    this.log.push(sql);
    return super.first(sql, args);
  }

  override async run(sql: string, args?: readonly SqlValue[]): Promise<void> {
    this.log.push(sql);
    const fault = this.#fault(sql);
    if (fault === null) return super.run(sql, args);
    if (fault.afterwards) await super.run(sql, args);
    throw Object.assign(new Error(`injected ${fault.code}`), { code: fault.code });
  }
}
