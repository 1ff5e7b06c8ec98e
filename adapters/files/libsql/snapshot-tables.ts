import { ChlError } from '../../../src/core/errors.ts';
import type { SqlReader, SqlSession } from '../../catalog/libsql/sql-session.ts';
import { bytesOf } from './bytes-of.ts';

/** Where the bytes of a file are. */
export interface StoredBlob {
  /** Random, and never used again. */
  readonly blob: string;
  /** Numbered from 0. */
  readonly parts: number;
  readonly sizeBytes: number;
}

export interface NamedBlob extends StoredBlob {
  readonly name: string;
}

/** The database's own clock, in ms: the only one that all of its clients share. */
const NOW_MS = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`;

/**
 * How long content stays that no folder names any more: a service that opened the folder before may
 * still read it, as an open file on a disk outlives its name.
 */
const KEPT_UNNAMED_MS = 24 * 60 * 60 * 1000;

export async function readFolder(reads: SqlReader, folder: string): Promise<readonly NamedBlob[]> {
  const rows = await reads.all('SELECT name, blob, parts, size_bytes FROM snapshot_files WHERE folder = ?', [
    folder,
  ]);
  return rows.map((row) => ({
    name: row['name'] as string,
    blob: row['blob'] as string,
    parts: row['parts'] as number,
    sizeBytes: row['size_bytes'] as number,
  }));
}

/** @returns null when it is there no more */
export async function readPart(reads: SqlReader, blob: string, part: number): Promise<Uint8Array | null> {
  const row = await reads.first('SELECT bytes FROM snapshot_parts WHERE blob = ? AND part = ?', [blob, part]);
  return row === null ? null : bytesOf(row['bytes'] ?? null);
}

/** Safe to repeat. Nobody sees it before a folder names the blob with that many parts. */
export async function writePart(
  session: SqlSession,
  blob: string,
  part: number,
  bytes: Uint8Array,
): Promise<void> {
  await session.run(
    `INSERT INTO snapshot_blobs (blob, unnamed_since_ms) VALUES (?, ${NOW_MS}) ON CONFLICT DO NOTHING`,
    [blob],
  );
  await session.run('INSERT OR REPLACE INTO snapshot_parts (blob, part, bytes) VALUES (?, ?, ?)', [
    blob,
    part,
    bytes,
  ]);
}

/** A blob that a folder names already has grown. */
export async function growNamed(session: SqlSession, folder: string, file: NamedBlob): Promise<void> {
  await session.run(
    'UPDATE snapshot_files SET parts = ?, size_bytes = ? WHERE folder = ? AND name = ? AND blob = ?',
    [file.parts, file.sizeBytes, folder, file.name, file.blob],
  );
}

/**
 * From now on the folder holds these files and no other.
 * @throws UNAVAILABLE when content has been cleared away meanwhile
 */
export async function replaceFolder(
  session: SqlSession,
  folder: string,
  files: readonly NamedBlob[],
): Promise<void> {
  const listed = JSON.stringify(files);
  const found = await session.first(
    `SELECT count(*) AS files FROM json_each(?) f JOIN snapshot_blobs b ON b.blob = f.value ->> 'blob'`,
    [listed],
  );
  if (found?.['files'] !== files.length) {
    throw new ChlError('UNAVAILABLE', 'Files of this snapshot have been cleared away in the database.', {
      operation: 'snapshot.store',
      hint: 'Another service has stored a newer snapshot; this one continues from it after a restart.',
    });
  }
  await session.run('DELETE FROM snapshot_files WHERE folder = ?', [folder]);
  await session.run(
    `INSERT INTO snapshot_files (folder, name, blob, parts, size_bytes)
     SELECT ?, value ->> 'name', value ->> 'blob', value ->> 'parts', value ->> 'sizeBytes' FROM json_each(?)`,
    [folder, listed],
  );
  await clearUnnamed(session);
}

async function clearUnnamed(session: SqlSession): Promise<void> {
  await session.run(
    `UPDATE snapshot_blobs SET unnamed_since_ms =
       CASE WHEN blob IN (SELECT blob FROM snapshot_files) THEN NULL ELSE ifnull(unnamed_since_ms, ${NOW_MS}) END`,
  );
  const old = `SELECT blob FROM snapshot_blobs WHERE unnamed_since_ms < ${NOW_MS} - ${KEPT_UNNAMED_MS}`;
  await session.run(`DELETE FROM snapshot_parts WHERE blob IN (${old})`);
  await session.run(`DELETE FROM snapshot_blobs WHERE blob IN (${old})`);
}
