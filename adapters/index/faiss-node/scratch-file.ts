import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ChlError } from '../../../src/core/errors.ts';

/**
 * FAISS reads and writes indexes as files; through memory its binding leaks a whole copy each time.
 * Nothing here needs to survive a crash, so nothing is synced.
 */
export async function withScratchFile<T>(directory: string, use: (path: string) => Promise<T>): Promise<T> {
  const own = await mkdtemp(join(directory, 'chl-faiss-')).catch(refuse);
  try {
    return await use(join(own, 'index')).catch(refuse);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** Writes the parts one after the other, without joining them in memory first. */
export async function writeParts(path: string, parts: readonly ArrayBufferView[]): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for (const part of parts)
      await file.writeFile(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  } finally {
    await file.close();
  }
}

/** The file without its last `omitBytes`. */
export async function readAllBut(path: string, omitBytes: number): Promise<Uint8Array> {
  const bytes = await readFile(path);
  return Uint8Array.prototype.slice.call(bytes, 0, bytes.length - omitBytes);
}

function refuse(cause: unknown): never {
  if (cause instanceof ChlError) throw cause;
  const code = (cause as NodeJS.ErrnoException).code;
  throw new ChlError(
    code === 'ENOSPC' || code === 'EDQUOT' ? 'STORAGE_FULL' : 'UNAVAILABLE',
    'FAISS could not use its temporary file.',
    { hint: 'It needs room for one index file where TMPDIR points.', operation: 'faiss.scratch', cause },
  );
}
