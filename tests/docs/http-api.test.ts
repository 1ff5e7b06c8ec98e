import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { httpApiPage } from '../../scripts/docs/http-api.mjs';
import { repositoryRoot } from '../support/build.ts';

const read = (...path: string[]): Promise<string> => readFile(join(repositoryRoot, ...path), 'utf8');

test('docs/http-api.md is what `npm run docs` makes of openapi.json', async () => {
  const page = httpApiPage(JSON.parse(await read('openapi.json')));
  expect(await read('docs', 'http-api.md')).toBe(page);
});

test('it names every path, and what a field may hold', async () => {
  const page = await read('docs', 'http-api.md');
  const { paths } = JSON.parse(await read('openapi.json')) as { paths: Record<string, object> };
  for (const [path, methods] of Object.entries(paths))
    for (const method of Object.keys(methods))
      expect(page).toContain(`### ${method.toUpperCase()} ${path}\n`);
  expect(page).toContain('`data.section`: `"useful"` or `"harmful"` or `"contextual"`');
});
