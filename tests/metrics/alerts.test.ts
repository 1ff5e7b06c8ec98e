import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/build.ts';
import { promtool, promtoolMissing } from './support/promtool.ts';

const RULES = join(repositoryRoot, 'deploy', 'prometheus', 'alerts.yml');
const CASES = join(repositoryRoot, 'tests', 'metrics', 'alerts.promtool.yml');

const alertNames = async (): Promise<readonly string[]> =>
  [...(await readFile(RULES, 'utf8')).matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);

// Skipped without promtool (Debian's package prometheus) outside CI; set-up installs it as root.
describe.skipIf(promtoolMissing)('by promtool', () => {
  test('Prometheus takes the rules and the configuration', async () => {
    const rules = await promtool(['check', 'rules', RULES]);
    expect(rules).toMatchObject({ exitCode: 0 });
    const configuration = join(repositoryRoot, 'deploy', 'prometheus', 'prometheus.yml');
    expect(await promtool(['check', 'config', '--syntax-only', configuration])).toMatchObject({
      exitCode: 0,
    });
  });

  test('each alert fires when it must, and not when it must not', async () => {
    expect(await promtool(['test', 'rules', CASES])).toMatchObject({ exitCode: 0 });
  });

  test('a rule that can never fire is caught by its case', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chl-alerts-'));
    const planted = (await readFile(RULES, 'utf8')).replaceAll(/(expr: .*)> 0\.08/g, '$1> 1.08');
    await writeFile(join(folder, 'alerts.yml'), planted);
    const cases = join(folder, 'cases.yml');
    await cp(CASES, cases);
    await writeFile(cases, (await readFile(cases, 'utf8')).replace(/- .*alerts\.yml/, '- alerts.yml'));
    const { exitCode, output } = await promtool(['test', 'rules', cases]);
    await rm(folder, { recursive: true });
    expect(exitCode).not.toBe(0);
    expect(output).toContain('ChlTombstonesNotCleared');
  });
});

test('every alert has a case here and a section in the operations guide', async () => {
  const cases = await readFile(CASES, 'utf8');
  const guide = await readFile(join(repositoryRoot, 'docs', 'operations.md'), 'utf8');
  const names = await alertNames();
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) {
    expect(cases, name).toContain(`- alertname: ${name}\n`);
    expect(guide, name).toContain(`### ${name}\n`);
  }
});
