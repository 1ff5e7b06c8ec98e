import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withConfiguration } from '../../scripts/docs/configuration.mjs';
import { configurationTable } from '../../src/entry/config.ts';
import { repositoryRoot } from '../support/build.ts';

test('the README tells every variable as the program reads it (`npm run docs` makes the table)', async () => {
  const readme = await readFile(join(repositoryRoot, 'README.md'), 'utf8');
  expect(readme).toBe(withConfiguration(readme, configurationTable()));
});
