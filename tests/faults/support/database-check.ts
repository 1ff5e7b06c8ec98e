import Database from 'libsql';
import { join } from 'node:path';
import { NodeFiles } from '../../../adapters/files/node/node-files.ts';
import { openSnapshot, type OpenedSnapshot } from '../../../src/core/snapshot/open-snapshot.ts';

export const databaseOf = (dataDir: string): string => join(dataDir, 'chl.db');
export const indexFolderOf = (dataDir: string): string => join(dataDir, 'index');

/**
 * Looks at the files of a service that runs and is quiet, right after a save: SQLite's own check, the
 * full-text index against the entries, and the vector ids of the snapshot against those of the database.
 * @returns what is wrong, in words
 */
export async function checkFiles(dataDir: string): Promise<readonly string[]> {
  const database = new Database(databaseOf(dataDir), { timeout: 5_000 });
  try {
    return [...checkDatabase(database), ...(await checkVectorIds(database, dataDir))];
  } finally {
    database.close();
  }
}

function checkDatabase(database: Database.Database): readonly string[] {
  const findings: string[] = [];
  const check = (what: string, run: () => readonly unknown[]): void => {
    try {
      findings.push(...run().map((line) => `${what}: ${String(line)}`));
    } catch (error) {
      findings.push(`${what}: ${String(error)}`);
    }
  };
  check('database', () => column(database, 'PRAGMA integrity_check').filter((line) => line !== 'ok'));
  check('full-text index', () =>
    column(database, `INSERT INTO entries_fts (entries_fts, rank) VALUES ('integrity-check', 1)`),
  );
  return findings;
}

async function checkVectorIds(database: Database.Database, dataDir: string): Promise<readonly string[]> {
  const meta = new Map(
    (database.prepare('SELECT name, value FROM meta').all() as { name: string; value: string }[]).map(
      ({ name, value }) => [name, value],
    ),
  );
  const [fingerprint = ''] = column(database, 'SELECT DISTINCT fingerprint FROM embeddings') as string[];
  const owner = {
    databaseUuid: meta.get('database_uuid') ?? '',
    epoch: Number(meta.get('epoch')),
    fingerprint,
    dimension: Number(column(database, 'SELECT length(vector) / 4 FROM embeddings LIMIT 1')[0]),
  };
  const nonceOf = async (seq: number): Promise<string | null> =>
    (column(database, `SELECT nonce FROM changes WHERE seq = ${seq}`)[0] as string | undefined) ?? null;
  const files = await NodeFiles.open(indexFolderOf(dataDir));
  const { snapshot, reasons } = await openSnapshot({ files, owner, nonceOf });
  if (snapshot === null) return [`no snapshot could be opened: ${reasons.join('; ')}`];
  const stored = column(database, 'SELECT vector_id FROM embeddings').map(Number);
  return compareIds(liveIds(snapshot), stored);
}

export function compareIds(indexed: readonly number[], stored: readonly number[]): readonly string[] {
  const inIndex = new Set(indexed);
  const inDatabase = new Set(stored);
  const missing = stored.filter((id) => !inIndex.has(id));
  const extra = indexed.filter((id) => !inDatabase.has(id));
  return [
    ...(missing.length === 0 ? [] : [`the index misses the vectors ${missing.join()}`]),
    ...(extra.length === 0 ? [] : [`the index has vectors that are dead: ${extra.join()}`]),
  ];
}

/** A log that a segment was partly sealed from holds some of its rows, too: reading skips them. */
function liveIds({ segments, growing }: OpenedSnapshot): readonly number[] {
  const removed = new Set(growing.flatMap((log) => [...log.removed]));
  const sealed = segments.flatMap(({ entry, data }) => {
    const dead = new Set(entry.tombstones);
    return [...data.ids].filter((_, row) => !dead.has(row));
  });
  return [...sealed, ...growing.flatMap((log) => [...log.ids])].filter((id) => !removed.has(id));
}

const column = (database: Database.Database, sql: string): readonly unknown[] =>
  (database.prepare(sql).all() as Readonly<Record<string, unknown>>[]).map((row) => Object.values(row)[0]);
