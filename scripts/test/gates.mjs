import { join } from 'node:path';
import { NODE_MODULES, ROOT } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

const bin = (...path) => join(NODE_MODULES, ...path);

/**
 * What the code must satisfy before any test runs. Import direction and sizes are rules of the lint
 * configuration; `tests/lint` plants a violation of each.
 */
export const GATES = [
  { name: 'format', program: [bin('oxfmt', 'bin', 'oxfmt'), '--check', '.'], fix: 'npm run format' },
  { name: 'lint', program: [bin('oxlint', 'bin', 'oxlint'), '.'] },
  { name: 'types', program: [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'] },
  { name: 'dead code', program: [bin('knip', 'bin', 'knip.js'), '--no-progress'] },
];

/** @returns {Promise<{name: string, passed: number, failed: number, skipped: number}>} a gate counts as one test */
export async function runGate({ name, program, fix }, cwd = ROOT) {
  const { ok, output } = await run(process.execPath, program, { cwd, env: { NO_COLOR: '1' } });
  if (!ok) {
    console.log(`\n✗ ${name}\n${output.trim()}`);
    if (fix !== undefined) console.log(`(${fix} mends what can be mended)`);
  }
  return { name, passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}
