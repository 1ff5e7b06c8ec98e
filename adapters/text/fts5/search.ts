import { asEntryKey } from '../../../src/core/ids.ts';
import type { EntryFilter } from '../../../src/core/filter.ts';
import type { TextSearchHit } from '../../../src/core/ports/catalog.ts';
import { filterToSql } from '../../catalog/libsql/filter-sql.ts';
import type { SqlReader } from '../../catalog/libsql/sql-session.ts';
import { matchExpression } from './match-expression.ts';

/**
 * How much a word in the heading counts against one in the body: titles name what an entry is about.
 * Measured on 389 real queries, recall@10 and MRR@10: 0.774 and 0.614 with 2, 0.774 and 0.603 with 4,
 * 0.763 and 0.588 with 8.
 */
const HEADING_WEIGHT = 2;

/** Entries by BM25, best first, ties by ascending key; the filter applies before the limit. */
export async function searchText(
  reader: SqlReader,
  query: string,
  filter: EntryFilter,
  limit: number,
): Promise<readonly TextSearchHit[]> {
  const expression = matchExpression(query);
  if (expression === null) return [];
  const { where, args } = filterToSql(filter);
  const rows = await reader.all(
    `SELECT entries_fts.rowid AS entry_key, bm25(entries_fts, ${HEADING_WEIGHT}, 1) AS cost
     FROM entries_fts ${where === '1' ? '' : 'JOIN entries e ON e.entry_key = entries_fts.rowid'}
     WHERE entries_fts MATCH ? AND ${where}
     ORDER BY cost, entries_fts.rowid LIMIT ?`,
    [expression, ...args, limit],
  );
  // FTS5 answers negative numbers, best lowest; the best of the answer is 1.
  const best = rows[0]?.['cost'] as number | undefined;
  return rows.map((row) => ({
    key: asEntryKey(row['entry_key'] as number),
    score: best === undefined || best === 0 ? 1 : (row['cost'] as number) / best,
  }));
}
