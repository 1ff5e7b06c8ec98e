import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { run } from '../../scripts/setup/run.mjs';
import { GATES } from '../../scripts/test/gates.mjs';

const CONFIGURATION = [
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'knip.json',
  '.oxlintrc.json',
  '.oxfmtrc.json',
];

/** A folder with the project's own rules and packages and only the given files; gone after the test. */
export function plantProject(files: Readonly<Record<string, string>>): string {
  const parent = mkdtempSync(join(tmpdir(), 'chl-lint-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  // Beside the project, where modules are found all the same: tools would walk into a link within it.
  symlinkSync(join(process.cwd(), 'node_modules'), join(parent, 'node_modules'));
  const root = join(parent, 'project');
  mkdirSync(root);
  for (const name of CONFIGURATION) cpSync(name, join(root, name));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** Runs the program of one gate of `npm test` in that folder. */
export async function runPlanted(
  gateName: string,
  root: string,
  extraArguments: readonly string[] = [],
): Promise<{ readonly ok: boolean; readonly stdout: string; readonly output: string }> {
  const gate = GATES.find(({ name }) => name === gateName);
  if (gate === undefined) throw new Error(`There is no gate ${gateName}.`);
  return await run(process.execPath, [...gate.program, ...extraArguments], {
    cwd: root,
    env: { NO_COLOR: '1' },
  });
}
