import { expect, test, vi } from 'vitest';
import { plantProject, runPlanted } from './planted-project.ts';

// Each starts a linter or a compiler, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 180_000 });

const ENTRY = `import { used } from '../core/used.ts';\n\nconsole.log(used);\n`;
const USED = `export const used = 1;\n`;

test('a formatted, typed and used project passes format, types and dead code', async () => {
  const root = plantProject({ 'src/entry/cli.ts': ENTRY, 'src/core/used.ts': USED });
  expect((await runPlanted('format', root, ['src'])).output).toContain('correct format');
  expect(await runPlanted('types', root)).toMatchObject({ ok: true });
});

test('the format gate refuses a badly formatted file', async () => {
  const root = plantProject({ 'src/entry/cli.ts': `console.log( "double" )` });
  const { ok, output } = await runPlanted('format', root);
  expect(ok).toBe(false);
  expect(output).toContain('src/entry/cli.ts');
});

test('the types gate refuses a type error, also one that only strict settings see', async () => {
  const root = plantProject({
    'src/entry/cli.ts': `const rows: number[] = [];\nconsole.log(rows[0].toFixed());\n`,
  });
  const { ok, output } = await runPlanted('types', root);
  expect(ok).toBe(false);
  expect(output).toContain('TS2532');
});

test('the dead code gate refuses an unused file and an unused export', async () => {
  const root = plantProject({
    'src/entry/cli.ts': ENTRY,
    'src/core/used.ts': `${USED}export const forgotten = 2;\n`,
    'src/core/orphan.ts': USED,
  });
  const { ok, output } = await runPlanted('dead code', root);
  expect(ok).toBe(false);
  expect(output).toContain('src/core/orphan.ts');
  expect(output).toContain('forgotten');
});
