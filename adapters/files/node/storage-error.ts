import { ChlError, type ErrorCode } from '../../../src/core/errors.ts';

/** By what recovery should do; every other failure is UNAVAILABLE: nothing was promised, try later. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'STORAGE_FULL',
  EDQUOT: 'STORAGE_FULL',
  // Something else stands where a file should be: no retry mends that.
  EISDIR: 'CORRUPT',
  ENOTDIR: 'CORRUPT',
};

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'Free space on the disk that holds the data directory.',
  EDQUOT: 'Raise the quota of the user that runs the service, or free space.',
  EACCES: 'Let the user that runs the service read and write the data directory.',
  EPERM: 'Let the user that runs the service read and write the data directory.',
  EROFS: 'The data directory is on a file system that is mounted read-only.',
  ENOENT: 'The data directory is gone; was its disk unmounted?',
  EMFILE: 'Raise the limit of open files (ulimit -n).',
  EIO: 'The disk reports errors; check it and the system log.',
};

export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT';
}

/** The path stays in the cause, for the log. */
export function storageError(error: unknown, operation: string): ChlError {
  const errno = errnoOf(error);
  const code = CODES[errno] ?? 'UNAVAILABLE';
  const message = code === 'STORAGE_FULL' ? 'The disk is full.' : `The data directory failed (${errno}).`;
  const hint = HINTS[errno];
  return new ChlError(code, message, {
    operation: `files.${operation}`,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
