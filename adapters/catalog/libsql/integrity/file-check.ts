import { ChlError } from '../../../../src/core/errors.ts';
import type { SqlReader } from '../sql-session.ts';

/** How many problems SQLite is asked to name; the first says enough, a thousand help nobody. */
const NAMED_MAX = 20;

/**
 * SQLite's own check of pages, trees and constraints, and of references between tables.
 * @param depth `quick` does not compare indexes with their tables: seconds instead of a minute at 1 GB
 * @returns what is wrong, in SQLite's words
 */
export async function fileProblems(reader: SqlReader, depth: 'quick' | 'full'): Promise<readonly string[]> {
  const pragma = depth === 'quick' ? 'quick_check' : 'integrity_check';
  const rows = await reader.all(`PRAGMA ${pragma}(${NAMED_MAX})`);
  return rows.map((row) => String(row[pragma] ?? row['integrity_check'])).filter((text) => text !== 'ok');
}

/** Rows that refer to a row that is not there. */
export async function referenceProblems(reader: SqlReader): Promise<readonly string[]> {
  const rows = await reader.all('PRAGMA foreign_key_check');
  return rows.slice(0, NAMED_MAX).map((row) => {
    const [table, parent] = [String(row['table']), String(row['parent'])];
    return `row ${String(row['rowid'])} of ${table} refers to a row of ${parent} that is not there`;
  });
}

/** @throws CORRUPT with the first problem */
export async function requireWholeDatabase(reader: SqlReader): Promise<void> {
  const [problem] = [...(await fileProblems(reader, 'quick')), ...(await referenceProblems(reader))];
  if (problem === undefined) return;
  throw new ChlError('CORRUPT', `The database file is damaged: ${problem}.`, {
    operation: 'catalog.check',
    hint: 'Run `chl verify`.',
  });
}
