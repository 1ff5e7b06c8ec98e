import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { copyStaticFiles } from '../../scripts/setup/static-files.mjs';

export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

const require = createRequire(import.meta.url);
let built: Promise<string> | null = null;

/**
 * The whole program, compiled once per test process into a folder of its own, which is removed when
 * the process ends: a test never runs a stale build, nor one that another test is writing.
 */
export function buildProgram(): Promise<string> {
  built ??= compile();
  return built;
}

async function compile(): Promise<string> {
  const folder = join(repositoryRoot, '.build', `program-${process.pid}`);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  // Types have a gate of their own.
  const args = [compiler, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', folder];
  await promisify(execFile)(process.execPath, args, { cwd: repositoryRoot });
  copyStaticFiles(folder);
  return folder;
}

/** Deno's binary itself, so that a signal reaches it and not the script in front of it. */
export function denoBinary(): string {
  const deno = require('deno/install_api.cjs') as { runInstall(): string };
  return deno.runInstall();
}
