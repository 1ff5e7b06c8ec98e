import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from './run-cli.ts';
import { freshEnvironment, startService } from './running-service.ts';

test('namespaces: made, listed and deleted, with a service and without; the other commands reach into one by its address', async () => {
  const { environment, dispose } = await freshEnvironment({ CHL_NAMESPACES: 'on', CHL_EMBEDDER: 'hash' });
  onTestFinished(dispose);
  const chl = (...args: string[]) => runCli(args, environment);
  expect((await chl('namespaces', 'list')).exitCode, 'no data folder yet').toBe(3);

  const service = await startService(environment);
  onTestFinished(service.stop);
  const at = (...args: string[]) => chl(...args, '--url', service.url);
  expect((await at('namespaces', 'list')).stderr).toContain('No namespaces');
  expect((await at('namespaces', 'new', '7')).exitCode).toBe(0);
  const made = await at('namespaces', 'new', 'team-a');
  expect([made.exitCode, made.stderr]).toEqual([0, 'It is served at /ns/team-a/.\n']);
  expect((await at('namespaces', 'new', 'team-a')).stderr).toContain('There is a namespace team-a already.');
  expect((await at('namespaces', 'new', 'Team')).stderr).toContain('lower-case');
  expect((await at('namespaces', 'new')).exitCode).toBe(2);
  expect((await at('namespaces', 'list')).stdout).toBe('7\nteam-a\n');
  const inside = await chl('status', '--json', '--url', `${service.url}/ns/team-a`);
  expect(inside.exitCode, inside.stderr).toBe(0);
  expect((await at('namespaces', 'delete', '7')).exitCode).toBe(0);
  const folder = { ...environment, CHL_DATA_DIR: join(environment['CHL_DATA_DIR']!, 'namespaces', 'team-a') };
  expect((await runCli(['verify'], folder)).exitCode, 'it is open').toBe(3);
  await service.stop();
  const verified = await runCli(['verify'], folder);
  expect(verified.exitCode, verified.stderr).toBe(0);

  const listed = await chl('namespaces', 'list', '--json');
  expect(JSON.parse(listed.stdout)).toMatchObject({ namespaces: [{ name: 'team-a', open: false }] });
});

test('keys new --namespace: the binding is kept with the hash, and told by list', async () => {
  const { environment, dispose } = await freshEnvironment();
  onTestFinished(dispose);
  const chl = (...args: string[]) => runCli(args, environment);
  expect((await chl('keys', 'new', 'ann', '--namespace', 'team-a,team-b')).stderr).toContain(
    'in team-a, team-b only',
  );
  expect((await chl('keys', 'list')).stdout).toMatch(/^ann +write +[0-9a-f]{8} +team-a, team-b\n$/);
  expect((await chl('keys', 'new', 'bob', '--namespace', '../x')).exitCode).toBe(2);
  expect((await chl('keys', 'revoke', 'ann')).exitCode).toBe(0);
});

test('with a server as the database its admin API must be known: without it the start is refused in words', async () => {
  const { environment, dispose } = await freshEnvironment({
    CHL_NAMESPACES: 'on',
    CHL_DATABASE_URL: 'http://127.0.0.1:9',
  });
  onTestFinished(dispose);
  const refused = await runCli(['namespaces', 'list'], environment);
  expect([refused.exitCode, refused.stderr]).toEqual([
    2,
    expect.stringContaining('CHL_DATABASE_ADMIN_URL is needed'),
  ]);
});
