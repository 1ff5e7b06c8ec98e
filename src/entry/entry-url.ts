/**
 * A sibling entry that a thread or process can be started from, or null where this runtime cannot
 * read it: TypeScript sources on Node. Then its work is done in-line.
 */
export function entryUrl(
  name:
    | 'index-process'
    | 'embedding-process'
    | 'writer-thread'
    | 'reader-thread'
    | 'database-thread'
    | 'backup-thread',
): URL | null {
  const extension = /\.\w+$/.exec(import.meta.url)?.[0];
  if (extension === undefined || (extension === '.ts' && !('Deno' in globalThis))) return null;
  return new URL(`./${name}${extension}`, import.meta.url);
}
