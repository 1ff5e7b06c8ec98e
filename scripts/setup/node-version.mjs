import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';
import { SetupError } from './terminal.mjs';

/** @throws SetupError below the version that package.json asks for */
export function checkNodeVersion(actual = process.versions.node) {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const needed = engines.node.replace('>=', '');
  if (compareVersions(actual, needed) < 0) {
    throw new SetupError(`Node ${needed} or newer is needed; this is ${actual}.`);
  }
}

export function compareVersions(left, right) {
  const [a, b] = [left, right].map((version) => version.split('.').map((part) => Number.parseInt(part, 10)));
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
