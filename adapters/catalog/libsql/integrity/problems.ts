import type { SqlReader } from '../sql-session.ts';

/** How many problems of one kind are named: the first says enough, a thousand help nobody. */
export const NAMED_MAX = 20;

/** @param sql selects one column `problem`, a sentence for each row that should not be there */
export async function problemsOf(reader: SqlReader, sql: string): Promise<readonly string[]> {
  const rows = await reader.all(`SELECT problem FROM (${sql}) LIMIT ?`, [NAMED_MAX]);
  return rows.map((row) => row['problem'] as string);
}
