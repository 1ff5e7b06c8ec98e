import { ChlError } from '../../../../src/core/errors.ts';
import { failpoint } from '../../../../src/core/failpoints.ts';
import { rollBack } from '../sqlite-errors.ts';
import type { SqlReader, SqlSession } from '../sql-session.ts';
import { initial } from './0001-initial.ts';
import { embeddingQueue } from './0002-embedding-queue.ts';
import { snapshots } from './0003-snapshots.ts';
import { namespaces } from './0004-namespaces.ts';
import type { Migration, MigrationContext } from './migration.ts';

export const MIGRATIONS: readonly Migration[] = [initial, embeddingQueue, snapshots, namespaces];

/**
 * Brings the schema up to date: each migration in a transaction of its own under the write lock, so a
 * process killed in the middle leaves the version before, and two that start together take turns.
 *
 * @returns the version before, 0 on a fresh database
 * @throws CONFIGURATION when the database is newer than this program, or is not ours; untouched
 */
export async function migrate(
  session: SqlSession,
  context: MigrationContext,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<number> {
  const before = await checkSchemaVersion(session, migrations);
  for (const migration of migrations) {
    if (migration.version > before) await runMigration(session, context, migration);
  }
  return before;
}

/** Reads only: a database that must be refused is refused before anything touches it. */
export async function checkSchemaVersion(
  reader: SqlReader,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<number> {
  const version = await schemaVersion(reader);
  const newest = migrations.at(-1)?.version ?? 0;
  if (version > newest) {
    throw new ChlError(
      'CONFIGURATION',
      `The database has schema version ${version}; this program knows versions up to ${newest}.`,
      {
        operation: 'catalog.migrate',
        hint: 'Start the newer program, or restore a backup made by this one.',
      },
    );
  }
  return version;
}

async function runMigration(
  session: SqlSession,
  context: MigrationContext,
  migration: Migration,
): Promise<void> {
  await session.run('BEGIN IMMEDIATE');
  try {
    // Again, now that we hold the lock: another process may have been faster.
    if ((await schemaVersion(session)) < migration.version) {
      await migration.up(session, context);
      await session.run(
        `INSERT INTO meta (name, value) VALUES ('schema_version', ?)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
        [String(migration.version)],
      );
    }
    failpoint('migration.before-commit');
    await session.run('COMMIT');
  } catch (error) {
    await rollBack(session);
    throw error;
  }
}

async function schemaVersion(reader: SqlReader): Promise<number> {
  const tables = await reader.all(
    `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name LIMIT 1000`,
  );
  if (tables.length === 0) return 0;
  if (!tables.some((table) => table['name'] === 'meta')) throw notOurs();
  const row = await reader.first(`SELECT value FROM meta WHERE name = 'schema_version'`);
  const version = Number(row?.['value']);
  if (!Number.isInteger(version) || version < 1) throw notOurs();
  return version;
}

function notOurs(): ChlError {
  return new ChlError('CONFIGURATION', 'The database file belongs to another program.', {
    operation: 'catalog.migrate',
    hint: 'Point CHL_DATABASE_URL or CHL_DATA_DIR at a place of its own.',
  });
}
