import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { removeForeignBinaries } from '../../scripts/setup/foreign-binaries.mjs';

test('of a package with binaries for every platform, those of this machine stay', () => {
  const nodeModules = mkdtempSync(join(tmpdir(), 'chl-setup-'));
  onTestFinished(() => rmSync(nodeModules, { recursive: true }));
  // Without the package there is nothing to do.
  removeForeignBinaries(nodeModules);
  const library = (...path: string[]): string =>
    join(nodeModules, 'onnxruntime-node', 'bin', 'napi-v6', ...path);
  for (const [platform, arch] of [
    ['linux', 'x64'],
    ['linux', 'arm64'],
    ['win32', 'x64'],
  ] as const) {
    mkdirSync(library(platform, arch), { recursive: true });
    writeFileSync(library(platform, arch, 'libonnxruntime.so'), platform);
  }
  for (let run = 0; run < 2; run++) removeForeignBinaries(nodeModules, { platform: 'linux', arch: 'x64' });
  expect(existsSync(library('linux', 'x64', 'libonnxruntime.so'))).toBe(true);
  expect(existsSync(library('linux', 'arm64'))).toBe(false);
  expect(existsSync(library('win32', 'x64'))).toBe(false);
});
