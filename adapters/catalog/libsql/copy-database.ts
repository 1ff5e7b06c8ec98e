import { closeSync, createReadStream, fsyncSync, openSync, rmSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import Database from 'libsql';
import type { Seq } from '../../../src/core/ids.ts';
import { requireWholeDatabase } from './integrity/file-check.ts';
import { LocalReader } from './local-reader.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { didNotHappen } from './sqlite-errors.ts';
import { lastChange } from './tables/changes.ts';

export interface DatabaseCopy {
  readonly bytes: number;
  readonly sha256: string;
  readonly seq: Seq;
}

const BUSY_TIMEOUT_MS = 5_000;

/**
 * Copies a database that others may be writing to: `VACUUM INTO` reads one snapshot of it, without
 * its free pages (sqlite.org/lang_vacuum.html). Blocks its thread for as long as that takes.
 * @param target must not exist; on disk when this returns, gone when it throws
 * @throws STORAGE_FULL, UNAVAILABLE, CORRUPT
 */
export async function copyDatabase(path: string, target: string): Promise<DatabaseCopy> {
  try {
    vacuumInto(path, target);
    syncFile(target);
    const connect = () =>
      new SqliteConnection({ path: target, busyTimeoutMs: BUSY_TIMEOUT_MS, readOnly: true });
    const reader = new LocalReader(connect);
    try {
      await requireWholeDatabase(reader);
      const { seq } = await lastChange(reader);
      return { bytes: statSync(target).size, sha256: await sha256OfFile(target), seq };
    } finally {
      reader.close();
    }
  } catch (error) {
    rmSync(target, { force: true });
    throw didNotHappen(error, 'catalog.backup');
  }
}

function vacuumInto(path: string, target: string): void {
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.prepare('VACUUM INTO ?').run([target]);
  } finally {
    database.close();
  }
}

export function syncFile(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
