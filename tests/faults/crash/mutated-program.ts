import { mkdtemp, readFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Plugin } from 'esbuild';
import { buildProgram } from '../../../scripts/setup/program.mjs';
import { repositoryRoot } from '../../support/build.ts';

/**
 * The program with a mistake in one source file: a test of the tests.
 * @param replacements each must fit exactly once, so that a changed source is noticed here
 */
export async function mutatedProgram(
  file: string,
  replacements: readonly (readonly [text: string, mistake: string])[],
): Promise<string> {
  const path = join(repositoryRoot, file);
  let source = await readFile(path, 'utf8');
  for (const [text, mistake] of replacements) {
    if (source.split(text).length !== 2) throw new Error(`${file} does not hold this exactly once: ${text}`);
    source = source.replace(text, () => mistake);
  }
  // Beside the right one: its imports of packages find the same folder.
  const folder = await mkdtemp(join(repositoryRoot, '.build', 'mutant-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await buildProgram(folder, { plugins: [instead(path, source)] });
  return folder;
}

const instead = (file: string, contents: string): Plugin => ({
  name: 'mistake',
  setup(hooks) {
    hooks.onLoad({ filter: /\.ts$/ }, ({ path }) => (path === file ? { contents, loader: 'ts' } : undefined));
  },
});
