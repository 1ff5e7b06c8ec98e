/**
 * What the catalog needs of a connection, small enough for a local file, a thread and a remote server
 * alike. Asynchronous although a local file answers at once, so that all three run the same code.
 */

/** Never a boolean: the native binding aborts the process on one. */
export type SqlValue = string | number | null | Uint8Array;

/** A BLOB is an ArrayBuffer from `all` and a Uint8Array from `first`: so the binding has it. */
export type SqlCell = string | number | null | ArrayBuffer | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlCell>>;

export interface SqlReader {
  /** The first row, or null; half the cost of `all`, which the writer notices. */
  first(sql: string, args?: readonly SqlValue[]): Promise<SqlRow | null>;
  all(sql: string, args?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
}

/** A connection on which a transaction may be open. */
export interface SqlSession extends SqlReader {
  /** Of a session over a network it may not have happened yet when this resolves. */
  run(sql: string, args?: readonly SqlValue[]): Promise<void>;
}

export interface SqlConnection extends SqlSession {
  close(): void;
}
