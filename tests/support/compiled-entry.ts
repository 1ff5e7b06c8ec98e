import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const runFile = promisify(execFile);
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
  mkdirSync(folder, { recursive: true });
  const project = join(folder, `${entry.replaceAll('/', '-')}.json`);
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.build.json'),
      compilerOptions: { rootDir: root, outDir: folder },
      files: [join(root, entry)],
      // Declarations of libraries without types of their own.
      include: [join(root, 'adapters/**/*.d.ts')],
    }),
  );
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin/tsc',
  );
  await runFile(process.execPath, [compiler, '-p', project]);
  return pathToFileURL(join(folder, entry.replace(/\.ts$/, '.js')));
}
