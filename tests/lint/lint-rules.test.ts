import { expect, test, vi } from 'vitest';
import { plantProject, runPlanted } from './planted-project.ts';

// Each starts a linter or a compiler, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 180_000 });

const RESTRICTED_IMPORT = 'eslint(no-restricted-imports)';

const lines = (count: number, line: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => line(n)).join('\n');

/** Path, text, and the rule that must refuse it; null where nothing may. */
const PLANTED: readonly (readonly [path: string, text: string, rule: string | null])[] = [
  // Import direction.
  ['src/core/node-builtin.ts', `export { readFile } from 'node:fs/promises';\n`, RESTRICTED_IMPORT],
  [
    'src/core/dynamic.ts',
    `export const load = async (): Promise<unknown> => await import('node:fs');\n`,
    RESTRICTED_IMPORT,
  ],
  ['src/core/hono.ts', `export { Hono } from 'hono';\n`, RESTRICTED_IMPORT],
  ['src/core/libsql.ts', `export type { Client } from '@libsql/client';\n`, RESTRICTED_IMPORT],
  ['src/core/engine/up-to-service.ts', `export { one } from '../../service/good.ts';\n`, RESTRICTED_IMPORT],
  ['src/core/up-to-adapter.ts', `export { one } from '../../adapters/good/good.ts';\n`, RESTRICTED_IMPORT],
  ['src/service/node-builtin.ts', `import 'node:os';\nexport const one = 1;\n`, RESTRICTED_IMPORT],
  ['src/service/up-to-http.ts', `export { one } from '../http/good.ts';\n`, RESTRICTED_IMPORT],
  ['src/service/up-to-entry.ts', `export { one } from '../entry/good.ts';\n`, RESTRICTED_IMPORT],
  ['src/service/to-adapter.ts', `export { one } from '../../adapters/good/good.ts';\n`, RESTRICTED_IMPORT],
  ['src/http/to-adapter.ts', `export { one } from '../../adapters/good/good.ts';\n`, RESTRICTED_IMPORT],
  ['src/http/libsql.ts', `export { createClient } from '@libsql/client';\n`, RESTRICTED_IMPORT],
  ['src/mcp/up-to-entry.ts', `export { one } from '../entry/good.ts';\n`, RESTRICTED_IMPORT],
  ['adapters/bad/to-service.ts', `export { one } from '../../src/service/good.ts';\n`, RESTRICTED_IMPORT],
  // What a runtime owns comes through a port.
  ['src/core/process.ts', `export const home = process.env['HOME'];\n`, 'eslint(no-restricted-globals)'],
  ['src/core/timer.ts', `export const later = setTimeout;\n`, 'eslint(no-restricted-globals)'],
  ['src/service/clock.ts', `export const now = Date.now();\n`, 'eslint(no-restricted-properties)'],
  // Types, promises, errors.
  ['src/core/any.ts', `export const one: any = 1;\n`, 'typescript(no-explicit-any)'],
  ['src/core/ignored.ts', `// @ts-ignore\nexport const one: string = 1;\n`, 'typescript(ban-ts-comment)'],
  [
    'src/core/floating.ts',
    `const work = async (): Promise<void> => {};\nexport function start(): void {\n  work();\n}\n`,
    'typescript(no-floating-promises)',
  ],
  [
    'src/core/thrown.ts',
    `export function fail(): never {\n  throw 'text';\n}\n`,
    'typescript(only-throw-error)',
  ],
  [
    'src/core/swallowed.ts',
    `export function attempt(work: () => void): void {\n  try {\n    work();\n  } catch {}\n}\n`,
    'eslint(no-empty)',
  ],
  // Form.
  ['src/core/default.ts', `export default 1;\n`, 'import(no-default-export)'],
  ['src/http/console.ts', `console.log('hello');\nexport const one = 1;\n`, 'eslint(no-console)'],
  [
    'src/core/cycle-a.ts',
    `import { b } from './cycle-b.ts';\nexport const a = (): number => b();\n`,
    'import(no-cycle)',
  ],
  [
    'src/core/cycle-b.ts',
    `import { a } from './cycle-a.ts';\nexport const b = (): number => a();\n`,
    'import(no-cycle)',
  ],
  ['src/core/long.ts', `${lines(301, (n) => `export const c${n} = ${n};`)}\n`, 'eslint(max-lines)'],
  [
    'src/core/long-function.ts',
    `export function long(out: number[]): void {\n${lines(70, (n) => `  out.push(${n});`)}\n}\n`,
    'eslint(max-lines-per-function)',
  ],
  // What is right passes.
  ['src/core/good.ts', `export const one = 1;\n`, null],
  ['src/service/good.ts', `export { one } from '../core/good.ts';\n`, null],
  ['src/http/good.ts', `export { one } from '../service/good.ts';\n`, null],
  [
    'adapters/good/good.ts',
    `import 'node:fs/promises';\nexport { one } from '../../src/core/good.ts';\n`,
    null,
  ],
  ['src/entry/good.ts', `import 'node:os';\nexport { one } from '../../adapters/good/good.ts';\n`, null],
];

test('the lint gate refuses every planted violation, and only those', async () => {
  const root = plantProject(Object.fromEntries(PLANTED));
  const { ok, stdout } = await runPlanted('lint', root, ['--format=json']);
  expect(ok).toBe(false);
  const found = rulesByFile(stdout);
  for (const [path, , rule] of PLANTED) {
    expect({ path, rules: found.get(path) ?? [] }).toEqual({ path, rules: rule === null ? [] : [rule] });
  }
});

function rulesByFile(json: string): Map<string, string[]> {
  const { diagnostics } = JSON.parse(json) as { diagnostics: { filename: string; code: string }[] };
  const found = new Map<string, string[]>();
  for (const { filename, code } of diagnostics) {
    const rules = found.get(filename) ?? [];
    if (!rules.includes(code)) found.set(filename, [...rules, code]);
  }
  return found;
}
