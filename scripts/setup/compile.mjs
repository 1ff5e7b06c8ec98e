import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD, ROOT } from './paths.mjs';
import { buildProgram } from './program.mjs';
import { copyStaticFiles, isStaticFile } from './static-files.mjs';
import { say, SetupError } from './terminal.mjs';

const SOURCE_FOLDERS = ['src', 'adapters'];
const DIST = join(ROOT, 'dist');
const STAMP = join(BUILD, 'dist.stamp');

/**
 * Makes dist, unless it was made from the sources as they are.
 * @throws SetupError with the bundler's words
 */
export async function compile() {
  const state = sourceState();
  if (existsSync(DIST) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === state) return;
  say('compiling …');
  rmSync(STAMP, { force: true });
  const written = await bundle();
  copyStaticFiles(DIST);
  removeAllBut(new Set(written));
  mkdirSync(BUILD, { recursive: true });
  writeFileSync(STAMP, state);
}

async function bundle() {
  try {
    return await buildProgram(DIST);
  } catch (error) {
    throw new SetupError(`The sources do not compile:\n${error.message}`);
  }
}

/** Path, size and time of every source, hashed: reading 300 files' contents would take longer. */
function sourceState() {
  const hash = createHash('sha256').update(process.version);
  const configuration = ['tsconfig.json', 'package-lock.json', 'scripts/setup/program.mjs'];
  for (const file of [...configuration, ...SOURCE_FOLDERS.flatMap((folder) => filesBelow(folder))]) {
    const { size, mtimeMs } = statSync(join(ROOT, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Output of sources that are gone; the rest is overwritten in place, under a service that may be running. */
function removeAllBut(written) {
  for (const file of filesBelow('dist')) {
    const path = file.slice('dist/'.length);
    if (!written.has(path) && !isStaticFile(path)) rmSync(join(ROOT, file));
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

if (process.argv[1] === import.meta.filename) await compile();
