import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withConfiguration } from '../../scripts/docs/configuration.mjs';
import { withLimits } from '../../scripts/docs/limits.mjs';
import { configurationTable } from '../../src/entry/config.ts';
import { CONTRACT_LIMITS } from '../../src/service/contract/limits.ts';
import { repositoryRoot } from '../support/build.ts';

test('the README tells every variable as the program reads it (`npm run docs` makes the table)', async () => {
  const readme = await readFile(join(repositoryRoot, 'README.md'), 'utf8');
  expect(readme).toBe(withConfiguration(readme, configurationTable()));
});

test('the README tells the limits that no variable changes as the contract has them', async () => {
  const readme = await readFile(join(repositoryRoot, 'README.md'), 'utf8');
  expect(readme).toBe(withLimits(readme, CONTRACT_LIMITS));
  expect(readme).not.toBe(withLimits(readme, { ...CONTRACT_LIMITS, queryChars: 1 }));
});
