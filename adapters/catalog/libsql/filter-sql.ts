import { ENTITY_TYPES } from '../../../src/core/entry.ts';
import type { EntryFilter } from '../../../src/core/filter.ts';
import type { SqlValue } from './sql-session.ts';

export interface SqlCondition {
  /** Over the table `entries` under the alias `e`; `1` when nothing is restricted. */
  readonly where: string;
  readonly args: readonly SqlValue[];
}

/** A filter as a condition with bound parameters: values never become SQL text. */
export function filterToSql(filter: EntryFilter): SqlCondition {
  const parts: string[] = [];
  const args: SqlValue[] = [];
  const restrict = (sql: string, value: SqlValue | undefined): void => {
    if (value === undefined) return;
    parts.push(sql);
    args.push(value);
  };

  const [type, ...furtherTypes] = new Set(filter.types ?? ENTITY_TYPES);
  if (type === undefined) parts.push('0');
  else if (furtherTypes.length === 0) restrict('e.type = ?', type);
  restrict('e.category_code = ?', filter.category);
  restrict('e.section = ?', filter.section);
  restrict('e.author = ?', filter.author);
  for (const tag of filter.tags ?? []) {
    restrict('e.entry_key IN (SELECT t.entry_key FROM entry_tags t WHERE t.tag = ?)', tag);
  }
  restrict('e.created_at_ms >= ?', filter.createdFromMs);
  restrict('e.created_at_ms < ?', filter.createdToMs);
  restrict('e.updated_at_ms >= ?', filter.updatedFromMs);
  restrict('e.updated_at_ms < ?', filter.updatedToMs);
  return { where: parts.length === 0 ? '1' : parts.join(' AND '), args };
}

/** An index leads to the entries: the category's, or the key itself. Anything else is a scan. */
export function isIndexed(filter: EntryFilter): boolean {
  const { types: _types, category: _category, ...others } = filter;
  return Object.values(others).every((value) => value === undefined);
}
