import Database from 'libsql';
import { ChlError } from '../../src/core/errors.ts';
import { copyDatabase, type DatabaseCopy } from './ancestor-copy.ts';
import { experienceLine, skillLine, uniqueNames, type AncestorRow, type MappedRow } from './ancestor-rows.ts';

export interface AncestorCategory {
  readonly code: string;
  readonly name: string;
  readonly description: string;
}

/** Older files call skills manuals. */
const SKILL_TABLES = ['category_skills', 'category_manuals'] as const;

/**
 * The SQLite file of the Python service that this one descends from, read by the names of its columns.
 * The file itself stays as it is, byte for byte.
 */
export class AncestorDatabase {
  readonly #copy: DatabaseCopy;
  readonly #database: Database.Database;
  readonly #tables: ReadonlySet<string>;

  private constructor(copy: DatabaseCopy, database: Database.Database, tables: ReadonlySet<string>) {
    this.#copy = copy;
    this.#database = database;
    this.#tables = tables;
  }

  /** @throws INVALID_ARGUMENT for a file that is not the ancestor's, CORRUPT for one that cannot be read */
  static async open(path: string): Promise<AncestorDatabase> {
    const copy = await copyDatabase(path);
    let database: Database.Database | null = null;
    try {
      database = new Database(copy.path);
      const tables = tableNames(database);
      checkTables(database, tables, path);
      return new AncestorDatabase(copy, database, tables);
    } catch (error) {
      database?.close();
      await copy.remove();
      if (error instanceof ChlError) throw error;
      throw new ChlError('CORRUPT', `${path} cannot be read as a SQLite database.`, { cause: error });
    }
  }

  categories(): readonly AncestorCategory[] {
    return [...this.#rows('categories')].flatMap(({ code, name, description }) => {
      if (typeof code !== 'string') return [];
      const shown = typeof name === 'string' && name !== '' ? name : code;
      return [{ code, name: shown, description: nonEmpty(description) ?? shown }];
    });
  }

  count(): number {
    return ['experiences', ...SKILL_TABLES]
      .filter((table) => this.#tables.has(table))
      .reduce((sum, table) => {
        const row = this.#database.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number };
        return sum + row.n;
      }, 0);
  }

  /** In an order that is the same every time, so that a second run makes the same of every row. */
  *entries(): Generator<MappedRow> {
    for (const row of this.#rows('experiences')) yield experienceLine(row);
    const takeName = uniqueNames();
    for (const table of SKILL_TABLES) for (const row of this.#rows(table)) yield skillLine(row, takeName);
  }

  async close(): Promise<void> {
    this.#database.close();
    await this.#copy.remove();
  }

  *#rows(table: string): Generator<AncestorRow> {
    if (!this.#tables.has(table)) return;
    const order = table === 'categories' ? 'code' : 'id';
    yield* this.#database
      .prepare(`SELECT * FROM ${table} ORDER BY ${order}`)
      .iterate() as Iterable<AncestorRow>;
  }
}

function tableNames(database: Database.Database): ReadonlySet<string> {
  const rows = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as {
    name: string;
  }[];
  return new Set(rows.map(({ name }) => name));
}

/** Columns without which nothing could be made of a row. */
const NEEDED = {
  categories: ['code'],
  experiences: ['id', 'category_code', 'section', 'title', 'playbook'],
  category_skills: ['id', 'category_code', 'content'],
  category_manuals: ['id', 'category_code', 'content'],
} as const;

function checkTables(database: Database.Database, tables: ReadonlySet<string>, path: string): void {
  if (tables.has('entries') && tables.has('changes')) {
    throw new ChlError('INVALID_ARGUMENT', `${path} is a database of this service, not of its ancestor.`, {
      hint: 'Use "chl restore" for a backup, or "chl export" and "chl import" to move entries.',
    });
  }
  if (!tables.has('categories') || !tables.has('experiences')) {
    throw new ChlError('INVALID_ARGUMENT', `${path} is a SQLite database, but not one of CHL.`, {
      hint: 'It must have the tables categories and experiences.',
    });
  }
  for (const [table, needed] of Object.entries(NEEDED)) {
    if (!tables.has(table)) continue;
    const rows = database.prepare(`PRAGMA table_info(${table})`).all() as { name: string }[];
    const columns = new Set(rows.map(({ name }) => name));
    const missing = needed.filter((column) => !columns.has(column));
    if (missing.length > 0) {
      throw new ChlError(
        'INVALID_ARGUMENT',
        `${path}: the table ${table} has no column ${missing.join(', ')}.`,
      );
    }
  }
}

const nonEmpty = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value : null;
