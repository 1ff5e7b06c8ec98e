import { ChlError } from '../../../../src/core/errors.ts';
import type { SqlReader } from '../sql-session.ts';
import { problemsOf } from './problems.ts';

/**
 * SQLite's own check of pages, trees and constraints.
 * @param depth `quick` does not compare indexes with their tables: seconds instead of a minute at 1 GB
 */
export function fileProblems(reader: SqlReader, depth: 'quick' | 'full'): Promise<readonly string[]> {
  return depth === 'quick'
    ? problemsOf(reader, `SELECT quick_check AS problem FROM pragma_quick_check WHERE quick_check <> 'ok'`)
    : problemsOf(
        reader,
        `SELECT integrity_check AS problem FROM pragma_integrity_check WHERE integrity_check <> 'ok'`,
      );
}

/** Rows that refer to a row that is not there. */
export const referenceProblems = (reader: SqlReader): Promise<readonly string[]> =>
  problemsOf(
    reader,
    `SELECT 'row ' || coalesce(rowid, '?') || ' of ' || "table" || ' refers to a row of ' || parent || ' that is not there'
       AS problem FROM pragma_foreign_key_check`,
  );

/** @throws CORRUPT with the first problem */
export async function requireWholeDatabase(reader: SqlReader): Promise<void> {
  const [problem] = [...(await fileProblems(reader, 'quick')), ...(await referenceProblems(reader))];
  if (problem === undefined) return;
  throw new ChlError('CORRUPT', `The database file is damaged: ${problem}.`, {
    operation: 'catalog.check',
    hint: 'Run `chl verify`.',
  });
}
