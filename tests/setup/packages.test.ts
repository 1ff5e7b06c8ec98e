import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isInstalled } from '../../scripts/setup/packages.mjs';

type Packages = Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>;

const LOCK: Packages = {
  '': {},
  'node_modules/needed': { version: '1.0.0' },
  'node_modules/for-windows': { version: '1.0.0', optional: true },
};

test.each<[string, Packages | null, boolean]>([
  ['never installed, or killed on the way', null, false],
  ['a package is missing', {}, false],
  ['another version', { 'node_modules/needed': { version: '0.9.0' } }, false],
  [
    'an optional package of another version',
    { ...LOCK, 'node_modules/for-windows': { version: '2.0.0' } },
    false,
  ],
  ['all there', LOCK, true],
  ['only what is for another platform is missing', { 'node_modules/needed': { version: '1.0.0' } }, true],
])('node_modules: %s', (_, installed, expected) => {
  const root = mkdtempSync(join(tmpdir(), 'chl-setup-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: LOCK }));
  if (installed !== null) {
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
  }
  expect(isInstalled(root)).toBe(expected);
});
