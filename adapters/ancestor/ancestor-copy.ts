import { constants } from 'node:fs';
import { copyFile, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SQLITE_HEADER = 'SQLite format 3\0';

/** Whether the file begins as every SQLite database does. @throws the file system's error when it cannot be read */
export async function isSqliteFile(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(SQLITE_HEADER.length),
      0,
      SQLITE_HEADER.length,
      0,
    );
    return bytesRead === SQLITE_HEADER.length && buffer.toString('latin1') === SQLITE_HEADER;
  } finally {
    await file.close();
  }
}

export interface DatabaseCopy {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * A copy to read from, its write-ahead log included. Opening a SQLite file may recover or checkpoint
 * it, even to read; the original is not ours to change, so the library never sees it.
 */
export async function copyDatabase(path: string): Promise<DatabaseCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'chl-import-'));
  const copy = join(folder, 'source.db');
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await copyFile(path, copy, constants.COPYFILE_FICLONE);
    await copyFile(`${path}-wal`, `${copy}-wal`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    return { path: copy, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
