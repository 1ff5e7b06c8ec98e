import { ChlError } from '../../src/core/errors.ts';

const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** Whatever a damaged manifest may name, nothing outside the folder is ever touched. */
export function checkFileName(name: string): string {
  if (PLAIN_NAME.test(name)) return name;
  throw new ChlError('CORRUPT', 'A file of the index has a name that is not a plain file name.', {
    operation: 'files.name',
    cause: new RangeError(JSON.stringify(name.slice(0, 200))),
  });
}
