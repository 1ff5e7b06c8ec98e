import type { Category, CategoryWithCounts } from '../../../../src/core/entry.ts';
import type { SqlReader, SqlRow, SqlSession } from '../sql-session.ts';

export async function insertCategory(session: SqlSession, category: Category): Promise<void> {
  await session.run('INSERT INTO categories (code, name, description, created_at_ms) VALUES (?, ?, ?, ?)', [
    category.code,
    category.name,
    category.description,
    category.createdAtMs,
  ]);
}

export async function selectCategory(reader: SqlReader, code: string): Promise<Category | null> {
  const row = await reader.first('SELECT * FROM categories WHERE code = ?', [code]);
  return row === null ? null : categoryFromRow(row);
}

/** By code. Counted in the order of the index on category_code, which alone is read. */
export async function selectCategories(reader: SqlReader): Promise<readonly CategoryWithCounts[]> {
  const rows = await reader.all(
    `WITH counts AS (
       SELECT category_code, sum(type = 'experience') AS experiences, sum(type = 'skill') AS skills
       FROM entries GROUP BY category_code
     )
     SELECT c.*, experiences, skills FROM categories c LEFT JOIN counts ON category_code = c.code ORDER BY c.code`,
  );
  return rows.map((row) => ({
    ...categoryFromRow(row),
    experienceCount: (row['experiences'] as number | null) ?? 0,
    skillCount: (row['skills'] as number | null) ?? 0,
  }));
}

function categoryFromRow(row: SqlRow): Category {
  return {
    code: row['code'] as string,
    name: row['name'] as string,
    description: row['description'] as string,
    createdAtMs: row['created_at_ms'] as number,
  };
}
