import { ChlError } from '../../core/errors.ts';
import { CommandError, EXIT } from './command-error.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be opened by this user',
  EISDIR: 'is a folder',
  ENOSPC: 'does not fit: the disk is full',
  EROFS: 'is on a disk that is mounted read-only',
};

/** A failure with a file that the user named, in words; everything else is passed through. */
export function fileError(error: unknown, file: string): unknown {
  if (error instanceof ChlError)
    return new CommandError(EXIT.failure, `${file}: ${error.message}`, { cause: error });
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = REASONS[code];
  return reason === undefined
    ? error
    : new CommandError(EXIT.failure, `${file} ${reason}.`, { cause: error });
}
