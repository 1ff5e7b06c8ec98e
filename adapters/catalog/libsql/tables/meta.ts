import { ChlError } from '../../../../src/core/errors.ts';
import type { DatabaseIdentity } from '../../../../src/core/ports/index-source.ts';
import type { SqlReader, SqlSession } from '../sql-session.ts';

type MetaName = 'database_uuid' | 'epoch' | 'embedder_fingerprint';

export async function readIdentity(reader: SqlReader): Promise<DatabaseIdentity> {
  const [databaseUuid, epoch] = [await readMeta(reader, 'database_uuid'), await readMeta(reader, 'epoch')];
  if (databaseUuid === null || epoch === null) {
    throw new ChlError('CORRUPT', 'The database does not say who it is.', { operation: 'catalog.identity' });
  }
  return { databaseUuid, epoch: Number(epoch) };
}

export async function readFingerprint(reader: SqlReader): Promise<string | null> {
  return readMeta(reader, 'embedder_fingerprint');
}

/** The fingerprint the database is bound to afterwards: the given one only if it had none. */
export async function bindFingerprint(session: SqlSession, fingerprint: string): Promise<string> {
  const bound = await readFingerprint(session);
  if (bound !== null) return bound;
  await session.run(`INSERT INTO meta (name, value) VALUES ('embedder_fingerprint', ?)`, [fingerprint]);
  return fingerprint;
}

async function readMeta(reader: SqlReader, name: MetaName): Promise<string | null> {
  const row = await reader.first('SELECT value FROM meta WHERE name = ?', [name]);
  return row === null ? null : (row['value'] as string);
}
