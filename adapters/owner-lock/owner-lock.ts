import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import Database from 'libsql';
import { ChlError } from '../../src/core/errors.ts';

/**
 * One process owns a data folder. The proof is a write transaction held open on `owner.db`: a
 * second process finds it busy in under a millisecond, and the kernel gives it back when the owner
 * dies, however it dies. `owner.json` beside it only says who that is; nothing trusts it.
 */
export interface OwnerLock {
  release(): void;
}

interface OwnerNote {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  readonly startedAt: string;
}

/**
 * @param dataDir made when missing
 * @throws CONFLICT when another process owns it, UNAVAILABLE when the folder cannot be used
 */
export function acquireOwnerLock(dataDir: string): OwnerLock {
  const notePath = join(dataDir, 'owner.json');
  const database = openOwnerDatabase(dataDir);
  try {
    database.exec('BEGIN IMMEDIATE');
  } catch (cause) {
    database.close();
    if (!isBusy(cause)) throw unusable(cause);
    throw new ChlError(
      'CONFLICT',
      `The data folder belongs to a running service: ${describeOwner(notePath)}.`,
      {
        operation: 'owner-lock.acquire',
        cause,
        hint: 'Stop that service first, or give this one another folder with CHL_DATA_DIR.',
      },
    );
  }
  const id = randomUUID();
  const note: OwnerNote = { id, pid: process.pid, host: hostname(), startedAt: new Date().toISOString() };
  writeNote(notePath, note);
  return {
    release: () => {
      // Gone before the lock, so that it never speaks for a process that no longer owns the folder.
      if (readNote(notePath)?.id === id) rmSync(notePath, { force: true });
      database.close();
    },
  };
}

function openOwnerDatabase(dataDir: string): Database.Database {
  try {
    mkdirSync(dataDir, { recursive: true });
    return new Database(join(dataDir, 'owner.db'), { timeout: 0 });
  } catch (cause) {
    throw unusable(cause);
  }
}

const unusable = (cause: unknown): ChlError =>
  new ChlError('UNAVAILABLE', 'The data folder cannot be used: it must be a folder this user may write to.', {
    operation: 'owner-lock.acquire',
    cause,
    hint: 'Check CHL_DATA_DIR, its permissions and the free space.',
  });

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');

function describeOwner(notePath: string): string {
  const note = readNote(notePath);
  return note === null
    ? 'it has not said its name yet'
    : `process ${note.pid} on ${note.host}, since ${note.startedAt}`;
}

/** On a full disk the lock holds without it, and the service must start to be able to delete. */
function writeNote(path: string, note: OwnerNote): void {
  try {
    writeFileSync(path, JSON.stringify(note));
  } catch {
    rmSync(path, { force: true });
  }
}

/** Null when there is none, or none that can be read: it is a courtesy, not a fact to depend on. */
function readNote(path: string): OwnerNote | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as OwnerNote;
  } catch {
    return null;
  }
}
