import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { ChlError } from '../../../src/core/errors.ts';
import type { Seq } from '../../../src/core/ids.ts';
import { checkTextIndex } from '../../text/fts5/table.ts';
import { syncFile } from './copy-database.ts';
import { requireWholeDatabase } from './integrity/file-check.ts';
import { checkSchemaVersion } from './migrations/migrate.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { didNotHappen } from './sqlite-errors.ts';
import { lastChange } from './tables/changes.ts';
import { readIdentity } from './tables/meta.ts';

export interface RestoreOptions {
  readonly backup: string;
  /** The database to replace; need not be there. Nobody else may have it open. */
  readonly path: string;
  /** The highest epoch that any snapshot in the folder has; the new one is higher. */
  readonly epochAtLeast: number;
  readonly actor: string;
  readonly nowMs: number;
}

export interface RestoreReport {
  readonly entries: number;
  readonly seq: Seq;
  readonly epoch: number;
  /** Where a database that was not whole was put; null when it was, or there was none. */
  readonly damagedKeptAs: string | null;
}

const BUSY_TIMEOUT_MS = 5_000;

/**
 * Puts a backup in the place of the database. Everything that can fail happens to a copy; then one
 * rename replaces the old file, so a crash leaves the old database or the new one, whole.
 * @throws CORRUPT or CONFIGURATION when the backup cannot be used; STORAGE_FULL, UNAVAILABLE: then
 *   nothing was changed
 */
export async function restoreDatabase(options: RestoreOptions): Promise<RestoreReport> {
  const { backup, path, nowMs } = options;
  const copy = `${path}.restoring`;
  try {
    removeDatabase(copy);
    copyFileSync(backup, copy);
    const old = await settleOld(path);
    const report = await prepare(copy, {
      ...options,
      epochAtLeast: Math.max(options.epochAtLeast, old.epoch),
    });
    const damaged = existsSync(path) && !old.isWhole ? `${path}.damaged-${nowMs}` : null;
    if (damaged !== null) moveAside(path, damaged);
    const aside = damaged === null && existsSync(path) ? `${path}.before-restore` : null;
    if (aside !== null) {
      rmSync(aside, { force: true });
      linkSync(path, aside);
    }
    renameSync(copy, path);
    syncFolder(dirname(path));
    if (aside !== null) rmSync(aside);
    return { ...report, damagedKeptAs: damaged };
  } catch (error) {
    removeDatabase(copy);
    throw didNotHappen(error, 'catalog.restore');
  }
}

/**
 * Brings the old database into its one file: a log left beside it would be taken for the new one's.
 * @returns its epoch, 0 where it cannot be read or is not there; damage may be why a backup is restored
 */
async function settleOld(path: string): Promise<{ readonly epoch: number; readonly isWhole: boolean }> {
  if (!existsSync(path)) {
    removeDatabase(path);
    return { epoch: 0, isWhole: false };
  }
  let epoch = 0;
  try {
    await inOneFile(path, async (connection) => {
      ({ epoch } = await readIdentity(connection));
      await requireWholeDatabase(connection);
    });
    return { epoch, isWhole: true };
  } catch {
    return { epoch, isWhole: false };
  }
}

/** Checks the copy, and makes another history of it: the same numbers may now mean something else. */
function prepare(
  copy: string,
  { epochAtLeast, actor, nowMs }: RestoreOptions,
): Promise<Omit<RestoreReport, 'damagedKeptAs'>> {
  return inOneFile(copy, async (connection) => {
    const version = await checkSchemaVersion(connection);
    if (version === 0) throw notABackup();
    await requireWholeDatabase(connection);
    await checkTextIndex(connection);
    const { epoch: before } = await readIdentity(connection);
    const epoch = Math.max(before, epochAtLeast) + 1;
    const { seq } = await lastChange(connection);
    await connection.run('BEGIN IMMEDIATE');
    await connection.run(`UPDATE meta SET value = ? WHERE name = 'epoch'`, [String(epoch)]);
    await connection.run(`INSERT INTO audit (actor, action, detail, at_ms) VALUES (?, 'restore', ?, ?)`, [
      actor,
      JSON.stringify({ seq, epoch_before: before, epoch }),
      nowMs,
    ]);
    await connection.run('COMMIT');
    const row = await connection.first('SELECT count(*) AS entries FROM entries');
    return { entries: row?.['entries'] as number, seq, epoch };
  });
}

/** Leaves nothing beside the file: the log is emptied, and closing removes it. */
async function inOneFile<T>(path: string, work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
  const connection = new SqliteConnection({ path, busyTimeoutMs: BUSY_TIMEOUT_MS, readOnly: false });
  let result: T;
  try {
    result = await work(connection);
    const row = await connection.first('PRAGMA wal_checkpoint(TRUNCATE)');
    if (row?.['busy'] === 1) throw new ChlError('UNAVAILABLE', 'Another program has the database open.');
  } finally {
    connection.close();
  }
  // Emptied, and SQLite removes them when the last connection closes; it does not matter who does.
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  syncFile(path);
  return result;
}

/** The log first: without its database it is nothing, with another one it would be poison. */
function moveAside(path: string, to: string): void {
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, to + suffix);
    syncFolder(dirname(path));
  }
}

function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const notABackup = (): ChlError =>
  new ChlError('CONFIGURATION', 'The file is empty, not a backup.', { operation: 'catalog.restore' });
