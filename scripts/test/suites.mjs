import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD, NODE_MODULES, ROOT } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

/** Far above what the suites take; a hang ends as a failure. */
const TIMEOUT_MS = 60 * 60_000;

/** @returns {Promise<{name: string, passed: number, failed: number, skipped: number}>} */
export async function runVitest() {
  const report = join(BUILD, 'vitest.json');
  mkdirSync(BUILD, { recursive: true });
  rmSync(report, { force: true });
  const vitest = join(NODE_MODULES, 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { ok } = await run(process.execPath, [vitest, 'run', ...reporters], {
    cwd: ROOT,
    show: true,
    timeoutMs: TIMEOUT_MS,
  });
  return {
    name: 'tests on Node',
    ...vitestCounts(ok, existsSync(report) ? readFileSync(report, 'utf8') : null),
  };
}

/** @param {string | null} report Vitest's JSON; a run that failed without a failed test counts as one */
export function vitestCounts(ok, report) {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = JSON.parse(report);
  return { passed, failed: ok && passed > 0 ? failed : Math.max(failed, 1), skipped };
}

/** The files `*.deno.ts`, by the Deno that npm brings. */
export async function runDeno() {
  const files = readdirSync(join(ROOT, 'tests'), { recursive: true })
    .filter((path) => path.endsWith('.deno.ts'))
    .map((path) => join('tests', path));
  const deno = join(NODE_MODULES, 'deno', 'bin.cjs');
  // Types are checked once, by tsc: Deno brings an older compiler of its own.
  const { ok, stdout, output } = await run(process.execPath, [deno, 'test', '-A', '--no-check', ...files], {
    cwd: ROOT,
    env: { NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' },
    timeoutMs: TIMEOUT_MS,
  });
  const counts = denoCounts(ok, stdout);
  if (counts.failed > 0) console.log(`\n✗ tests on Deno\n${output.trim()}`);
  return { name: 'tests on Deno', ...counts };
}

/** @param {string} stdout ends in `ok | 12 passed | 0 failed | 3 ignored (3s)`, absent parts left out */
export function denoCounts(ok, stdout) {
  const line =
    stdout
      .trim()
      .split('\n')
      .findLast((text) => /^(ok|FAILED) \|/.test(text)) ?? '';
  const count = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('ignored')];
  return { passed, failed: ok && passed > 0 ? failed : Math.max(failed, 1), skipped };
}
