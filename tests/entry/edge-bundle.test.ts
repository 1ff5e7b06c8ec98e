import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bundleEdge } from '../../scripts/edge/bundle.mjs';
import { repositoryRoot } from '../support/build.ts';
import { EDGE_ENTRY } from '../support/edge-server.ts';

/** Comes with every cold start; of it 2.2 MiB are the dashboard and Swagger UI, which nothing parses. */
const SIZE_MAX_MIB = 5;

test('the bundle is one module that imports nothing, and not too large', async () => {
  const { code } = await bundleEdge(EDGE_ENTRY);
  const sizeMiB = code.length / 1024 ** 2;
  process.stdout.write(`edge bundle: ${sizeMiB.toFixed(2)} MiB\n`);
  expect(sizeMiB).toBeLessThan(SIZE_MAX_MIB);
  expect(code).not.toMatch(/\b(?:from|import)\s*["']node:/);
  expect(code).not.toMatch(/\b(?:require|import)\(\s*["'](?:node:|fs|path|os|crypto|child_process)/);
});

test.each([
  ['a module of Node', `import { readFileSync } from 'node:fs'; export default readFileSync;`, 'node:fs'],
  ['one by its bare name', `import { join } from 'path'; export default join;`, 'path'],
  ['one of its parts', `import { open } from 'node:fs/promises'; export default open;`, 'node:fs/promises'],
  ['one that is loaded later', `export default () => import('node:worker_threads');`, 'node:worker_threads'],
  ['one in a CommonJS package', `export default require('child_process');`, 'child_process'],
  ['native code', `import Database from 'libsql'; export default Database;`, 'imports'],
])('the build refuses %s', async (_, text, named) => {
  const folder = await mkdtemp(join(repositoryRoot, '.build', 'planted-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const entry = join(folder, 'entry.mjs');
  await writeFile(entry, text);
  await expect(bundleEdge(entry)).rejects.toThrow(named);
});
