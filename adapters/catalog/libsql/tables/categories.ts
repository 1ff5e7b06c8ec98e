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
  const [row] = await reader.all('SELECT * FROM categories WHERE code = ?', [code]);
  return row === undefined ? null : categoryFromRow(row);
}

/** By code. Counts come from the index on (category_code, type) alone. */
export async function selectCategories(reader: SqlReader): Promise<readonly CategoryWithCounts[]> {
  const rows = await reader.all(
    `SELECT c.*, total(e.type = 'experience') AS experiences, total(e.type = 'skill') AS skills
     FROM categories c LEFT JOIN entries e ON e.category_code = c.code
     GROUP BY c.code ORDER BY c.code`,
  );
  return rows.map((row) => ({
    ...categoryFromRow(row),
    experienceCount: row['experiences'] as number,
    skillCount: row['skills'] as number,
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
