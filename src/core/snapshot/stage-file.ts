import { failpoint } from '../failpoints.ts';
import type { Files } from '../ports/files.ts';
import { temporaryName } from './file-names.ts';

/**
 * Puts the whole of a file on disk under a temporary name; the caller renames it.
 * @returns the temporary name
 * @throws STORAGE_FULL, UNAVAILABLE
 */
export async function stageFile(files: Files, name: string, bytes: Uint8Array): Promise<string> {
  const temporary = temporaryName(name);
  try {
    await files.write(temporary, [bytes]);
    failpoint('file.before-sync');
    await files.sync(temporary);
    failpoint('file.before-rename');
    return temporary;
  } catch (error) {
    // On the full disk that may have caused this, room for the next attempt matters most. If the
    // removal fails as well, the first error is the one to tell, and garbage collection has the file.
    await files.remove(temporary).catch(() => undefined);
    throw error;
  }
}
