import type { SqlConnection, SqlReader, SqlRow, SqlValue } from './sql-session.ts';
import { didNotHappen } from './sqlite-errors.ts';

/** Reads over a connection of their own; what SQLite throws leaves here as a ChlError. */
export class LocalReader implements SqlReader {
  readonly #connection: SqlConnection;

  /** @param connect opens the connection; of its failures, too, the caller sees ChlErrors only */
  constructor(connect: () => SqlConnection) {
    try {
      this.#connection = connect();
    } catch (error) {
      throw didNotHappen(error, 'catalog.open');
    }
  }

  async first(sql: string, args?: readonly SqlValue[]): Promise<SqlRow | null> {
    try {
      return await this.#connection.first(sql, args);
    } catch (error) {
      throw didNotHappen(error, 'catalog.read');
    }
  }

  async all(sql: string, args?: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    try {
      return await this.#connection.all(sql, args);
    } catch (error) {
      throw didNotHappen(error, 'catalog.read');
    }
  }

  close(): void {
    this.#connection.close();
  }
}
