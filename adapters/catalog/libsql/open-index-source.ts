import type { IndexSource } from '../../../src/core/ports/index-source.ts';
import { databasePathOf, requireDatabaseFile } from './database-url.ts';
import { LibsqlIndexSource, type IndexSourceOptions } from './index-source.ts';
import { LocalReader } from './local-reader.ts';
import { checkSchemaVersion } from './migrations/migrate.ts';
import { SqliteConnection } from './sqlite-connection.ts';

const BUSY_TIMEOUT_MS = 5_000;

/** @throws CONFIGURATION when there is no such database or it is newer than this program */
export async function openIndexSource(options: IndexSourceOptions): Promise<IndexSource> {
  const path = databasePathOf(options.databaseUrl);
  requireDatabaseFile(path);
  const reader = new LocalReader(
    () => new SqliteConnection({ path, busyTimeoutMs: BUSY_TIMEOUT_MS, readOnly: true }),
  );
  try {
    await checkSchemaVersion(reader);
  } catch (error) {
    reader.close();
    throw error;
  }
  return new LibsqlIndexSource(reader, options.fingerprint, () => reader.close());
}
