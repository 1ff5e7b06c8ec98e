import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildProgram as bundleProgram } from '../../scripts/setup/program.mjs';
import { copyStaticFiles } from '../../scripts/setup/static-files.mjs';

export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

const require = createRequire(import.meta.url);
let built: Promise<string> | null = null;

/**
 * The whole program as it ships, made once per test process in a folder of its own, which is removed
 * when the process ends: a test never runs a stale build, nor one that another test is writing.
 */
export function buildProgram(): Promise<string> {
  built ??= compile();
  return built;
}

async function compile(): Promise<string> {
  const folder = join(repositoryRoot, '.build', `program-${process.pid}`);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await bundleProgram(folder);
  copyStaticFiles(folder);
  return folder;
}

/** Deno's binary itself, so that a signal reaches it and not the script in front of it. */
export function denoBinary(): string {
  const deno = require('deno/install_api.cjs') as { runInstall(): string };
  return deno.runInstall();
}
