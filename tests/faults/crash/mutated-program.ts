import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildProgram, repositoryRoot } from '../../support/build.ts';

/**
 * The program with a mistake in one compiled file: a test of the tests.
 * @param replacements each must fit exactly once, so that a changed source is noticed here
 */
export async function mutatedProgram(
  file: string,
  replacements: readonly (readonly [text: string, mistake: string])[],
): Promise<string> {
  // Beside the right one: its imports of packages find the same folder.
  const folder = await mkdtemp(join(repositoryRoot, '.build', 'mutant-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await cp(await buildProgram(), folder, { recursive: true });
  const path = join(folder, file);
  let source = await readFile(path, 'utf8');
  for (const [text, mistake] of replacements) {
    if (source.split(text).length !== 2) throw new Error(`${file} does not hold this exactly once: ${text}`);
    source = source.replace(text, () => mistake);
  }
  await writeFile(path, source);
  return folder;
}
