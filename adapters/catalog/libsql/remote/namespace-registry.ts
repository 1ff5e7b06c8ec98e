import type { SqlReader, SqlRow } from '../sql-session.ts';

export interface RegisteredNamespace {
  readonly name: string;
  /** Its database on the server. */
  readonly place: string;
  readonly createdAtMs: number;
}

/**
 * Which namespaces there are, kept in the database that all replicas share. Each method is one
 * statement and one round trip, so nothing needs a transaction.
 */
export class NamespaceRegistry {
  readonly #database: SqlReader;
  readonly #close: () => void;

  /** @param database of a server: a statement with RETURNING writes through it as well */
  constructor(database: SqlReader, close: () => void) {
    this.#database = database;
    this.#close = close;
  }

  async list(): Promise<readonly RegisteredNamespace[]> {
    const rows = await this.#database.all(
      'SELECT name, place, created_at_ms FROM namespaces WHERE name IS NOT NULL ORDER BY name',
    );
    return rows.map((row) => ({
      name: row['name'] as string,
      place: placeOf(row),
      createdAtMs: row['created_at_ms'] as number,
    }));
  }

  async find(name: string): Promise<string | null> {
    const row = await this.#database.first('SELECT place FROM namespaces WHERE name = ?', [name]);
    return row === null ? null : placeOf(row);
  }

  /** @returns false when the name is taken */
  async add({ name, place, createdAtMs }: RegisteredNamespace): Promise<boolean> {
    const row = await this.#database.first(
      `INSERT INTO namespaces (place, name, created_at_ms) VALUES (?, ?, ?)
       ON CONFLICT (name) DO NOTHING RETURNING place`,
      [place, name, createdAtMs],
    );
    return row !== null;
  }

  /** From here on nobody finds it; its place is kept until it is forgotten. @returns null when there was none */
  async retire(name: string): Promise<string | null> {
    const row = await this.#database.first(
      'UPDATE namespaces SET name = NULL WHERE name = ? RETURNING place',
      [name],
    );
    return row === null ? null : placeOf(row);
  }

  async retired(): Promise<readonly string[]> {
    return (await this.#database.all('SELECT place FROM namespaces WHERE name IS NULL')).map(placeOf);
  }

  /** Nothing is left at this place. */
  async forget(place: string): Promise<void> {
    await this.#database.all('DELETE FROM namespaces WHERE place = ? RETURNING place', [place]);
  }

  close(): void {
    this.#close();
  }
}

const placeOf = (row: SqlRow): string => row['place'] as string;
