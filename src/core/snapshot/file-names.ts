/**
 * The names in a snapshot folder. Numbers only grow and are never reused, so a name stands for one
 * content for ever and a stale file of an earlier life cannot be taken for a new one.
 */

export const MANIFEST = 'manifest';
export const MANIFEST_BACKUP = 'manifest.backup';

const SEGMENT = /^segment-(\d{8})-[0-9a-f]{8}$/;
const LOG = /^growing-(\d{8})\.log$/;

const digits = (number: number): string => number.toString().padStart(8, '0');

/**
 * @param life eight random hexadecimal digits of the store that names it: a builder process that
 *   outlives its service for a moment must not write the file of the service that follows
 */
export const segmentName = (number: number, life: string): string => `segment-${digits(number)}-${life}`;
export const logName = (number: number): string => `growing-${digits(number)}.log`;

/** Where a file is written before it is whole. */
export const temporaryName = (name: string): string => `${name}.tmp`;

export const segmentNumber = (name: string): number | null => numberIn(name, SEGMENT);
export const logNumber = (name: string): number | null => numberIn(name, LOG);

function numberIn(name: string, pattern: RegExp): number | null {
  const match = pattern.exec(name);
  return match === null ? null : Number(match[1]);
}
