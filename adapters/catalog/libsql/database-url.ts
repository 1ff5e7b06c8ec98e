import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ChlError } from '../../../src/core/errors.ts';

export function databaseUrlOf(path: string): string {
  return pathToFileURL(path).href;
}

/** `file:///…` and libSQL's own `file:relative/path`. @throws CONFIGURATION for a remote server */
export function databasePathOf(url: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url);
  if (url.startsWith('file:')) return url.slice('file:'.length);
  throw new ChlError('CONFIGURATION', 'Only a database file can be opened here.', {
    operation: 'catalog.open',
    hint: 'Use a `file:` URL.',
  });
}

/** SQLite would make an empty file where there is none, and answer "no such table" ever after. */
export function requireDatabaseFile(path: string): void {
  if (existsSync(path)) return;
  throw new ChlError('CONFIGURATION', 'There is no database at the configured place.', {
    operation: 'catalog.open',
    hint: 'Start the service once, or restore a backup.',
  });
}
