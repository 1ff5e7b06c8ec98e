import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildProgram } from '../../scripts/setup/program.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const compiled = new Map<string, Promise<URL>>();

/**
 * What a worker thread or a child process can be started from: the source itself where the runtime
 * reads TypeScript, else the compiled file, made once per test process and removed when it ends.
 *
 * @param entry path from the root of the repository, e.g. `src/entry/writer-thread.ts`
 */
export function compiledEntry(entry: string): Promise<URL> {
  if ('Deno' in globalThis) return Promise.resolve(pathToFileURL(join(root, entry)));
  const known = compiled.get(entry) ?? compile(entry);
  compiled.set(entry, known);
  return known;
}

async function compile(entry: string): Promise<URL> {
  const folder = join(root, '.build', `entries-${process.pid}`);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await buildProgram(folder, { entries: [entry] });
  return pathToFileURL(join(folder, entry.replace(/\.ts$/, '.js')));
}
