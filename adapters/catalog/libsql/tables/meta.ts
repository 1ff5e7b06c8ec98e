import { ChlError } from '../../../../src/core/errors.ts';
import type { DatabaseIdentity } from '../../../../src/core/ports/index-source.ts';
import type { SqlReader, SqlSession } from '../sql-session.ts';

type MetaName =
  | 'database_uuid'
  | 'epoch'
  | 'embedder_fingerprint'
  | 'index_generation'
  | 'embedding_queue_paused';

export async function readIdentity(reader: SqlReader): Promise<DatabaseIdentity> {
  // Together: a server is asked once.
  const rows = await reader.all(`SELECT name, value FROM meta WHERE name IN ('database_uuid', 'epoch')`);
  const values = new Map(rows.map((row) => [row['name'], row['value'] as string]));
  const [databaseUuid, epoch] = [values.get('database_uuid'), values.get('epoch')];
  if (databaseUuid === undefined || epoch === undefined) {
    throw new ChlError('CORRUPT', 'The database does not say who it is.', { operation: 'catalog.identity' });
  }
  return { databaseUuid, epoch: Number(epoch) };
}

/** As a part of another statement. */
export const SELECT_FINGERPRINT = `SELECT value FROM meta WHERE name = 'embedder_fingerprint'`;

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

/** The database is given to another embedder, whose index is another generation. */
export async function rebindFingerprint(session: SqlSession, fingerprint: string): Promise<void> {
  const generation = await readIndexGeneration(session);
  await writeMeta(session, 'embedder_fingerprint', fingerprint);
  await writeMeta(session, 'index_generation', String(generation + 1));
}

/** 1 until the embedder is changed for the first time. */
export async function readIndexGeneration(reader: SqlReader): Promise<number> {
  return Number((await readMeta(reader, 'index_generation')) ?? '1');
}

export async function isQueuePaused(reader: SqlReader): Promise<boolean> {
  return (await readMeta(reader, 'embedding_queue_paused')) === '1';
}

export async function setQueuePaused(session: SqlSession, paused: boolean): Promise<void> {
  await writeMeta(session, 'embedding_queue_paused', paused ? '1' : '0');
}

async function writeMeta(session: SqlSession, name: MetaName, value: string): Promise<void> {
  await session.run(
    'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    [name, value],
  );
}

async function readMeta(reader: SqlReader, name: MetaName): Promise<string | null> {
  const row = await reader.first('SELECT value FROM meta WHERE name = ?', [name]);
  return row === null ? null : (row['value'] as string);
}
