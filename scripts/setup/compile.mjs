import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD, NODE_MODULES, ROOT } from './paths.mjs';
import { run } from './run.mjs';
import { copyStaticFiles, isStaticFile } from './static-files.mjs';
import { say, SetupError } from './terminal.mjs';

const SOURCE_FOLDERS = ['src', 'adapters'];
const DIST = join(ROOT, 'dist');
const STAMP = join(BUILD, 'dist.stamp');

/**
 * Compiles dist, unless it was made from the sources as they are.
 * @throws SetupError with the compiler's words
 */
export async function compile() {
  const state = sourceState();
  if (existsSync(DIST) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === state) return;
  say('compiling …');
  rmSync(STAMP, { force: true });
  const tsc = join(NODE_MODULES, 'typescript', 'bin', 'tsc');
  const { ok, output } = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: ROOT });
  if (!ok) throw new SetupError(`The sources do not compile:\n${output.trim()}`);
  copyStaticFiles(DIST);
  removeOrphans();
  mkdirSync(BUILD, { recursive: true });
  writeFileSync(STAMP, state);
}

/** Path, size and time of every source, hashed: reading 300 files' contents would take longer. */
function sourceState() {
  const hash = createHash('sha256').update(process.version);
  const configuration = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  for (const file of [...configuration, ...SOURCE_FOLDERS.flatMap((folder) => filesBelow(folder))]) {
    const { size, mtimeMs } = statSync(join(ROOT, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Output of sources that are gone; the rest is overwritten in place, under a service that may be running. */
function removeOrphans() {
  for (const file of filesBelow('dist')) {
    const path = file.slice('dist/'.length);
    const stem = path.replace(/\.(js|js\.map)$/, '');
    const sources = isStaticFile(path) ? [path] : [`${stem}.ts`, `${stem}.tsx`];
    const hasSource = sources.some((source) => existsSync(join(ROOT, source)));
    if (!hasSource) rmSync(join(ROOT, file));
  }
}

/** Relative paths with forward slashes, sorted. */
function filesBelow(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath ?? entry.path, entry.name)
        .slice(ROOT.length)
        .replaceAll('\\', '/'),
    )
    .toSorted();
}
