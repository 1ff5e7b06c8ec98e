import type { SqlReader, SqlRow, SqlValue } from '../sql-session.ts';
import { neverHappened } from './server-fault.ts';

/** Reads of a server; what it or the network throws leaves here as a ChlError. */
export class RemoteReads implements SqlReader {
  readonly #reader: SqlReader;

  constructor(reader: SqlReader) {
    this.#reader = reader;
  }

  async first(sql: string, args?: readonly SqlValue[]): Promise<SqlRow | null> {
    try {
      return await this.#reader.first(sql, args);
    } catch (error) {
      throw neverHappened(error, 'catalog.read');
    }
  }

  async all(sql: string, args?: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    try {
      return await this.#reader.all(sql, args);
    } catch (error) {
      throw neverHappened(error, 'catalog.read');
    }
  }
}
