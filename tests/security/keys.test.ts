import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { freshEnvironment, startService } from '../cli/running-service.ts';
import { eventually } from '../http/support/client.ts';

/** Keys as an operator handles them: made, listed, rotated and revoked while the service runs. */

const statusWith = async (url: string, key: string): Promise<number> => {
  const response = await fetch(`${url}/api/v1/categories`, { headers: { Authorization: `Bearer ${key}` } });
  await response.body?.cancel();
  return response.status;
};

const untilStatus = (url: string, key: string, status: number): Promise<number> =>
  eventually(
    () => statusWith(url, key),
    (got) => got === status,
  );

async function workplace(variables: Record<string, string> = {}) {
  const { environment, folder, dispose } = await freshEnvironment(variables);
  onTestFinished(dispose);
  const chl = (...args: string[]): ReturnType<typeof runCli> => runCli(args, environment);
  const start = async (): Promise<string> => {
    const service = await startService(environment);
    onTestFinished(service.stop);
    return service.url;
  };
  return { environment, folder, chl, start };
}

test('new prints the key once and keeps its hash, in a file that only its owner may read', async () => {
  const { folder, chl } = await workplace();
  const made = await chl('keys', 'new', 'ann', '--role', 'write');
  expect(made.exitCode).toBe(0);
  expect(made.stdout).toMatch(/^chl_[\w-]{32}\n$/);
  expect(made.stderr).toContain('shown this once');
  const file = join(folder, 'data', 'api-keys');
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(/^ann:write:sha256:[0-9a-f]{64}\n$/);
  expect(text).not.toContain(made.stdout.trim());
  expect((await stat(file)).mode & 0o077).toBe(0);
  const listed = await chl('keys', 'list');
  expect(listed.stdout).toMatch(/^ann +write +[0-9a-f]{8}\n$/);
});

test('the first key closes a service that was open to its machine; a revoked one opens nothing again', async () => {
  const { chl, start } = await workplace();
  const url = await start();
  expect(await statusWith(url, 'anything')).toBe(200);
  const key = (await chl('keys', 'new', 'ann', '--role', 'read')).stdout.trim();
  await untilStatus(url, 'anything', 401);
  expect(await statusWith(url, key)).toBe(200);
  expect((await chl('keys', 'revoke', 'ann')).exitCode).toBe(0);
  await untilStatus(url, key, 401);
  expect(await statusWith(url, 'anything')).toBe(401);
});

test('rotation: both keys of a name count until the old one is revoked by its fingerprint', async () => {
  const { chl, start } = await workplace();
  const [first, second] = [await chl('keys', 'new', 'ci'), await chl('keys', 'new', 'ci', '--json')];
  const old = first.stdout.trim();
  const { key, role } = JSON.parse(second.stdout) as { key: string; role: string };
  expect(role).toBe('write');
  const url = await start();
  expect([await statusWith(url, old), await statusWith(url, key)]).toEqual([200, 200]);
  const [line] = (await chl('keys', 'list')).stdout.split('\n');
  await chl('keys', 'revoke', line!.trim().split(/ +/).at(-1)!);
  await untilStatus(url, old, 401);
  expect(await statusWith(url, key)).toBe(200);
});

test('a file that is broken while the service runs changes nothing; one that is gone lets nobody in', async () => {
  const { folder, chl, start } = await workplace({ CHL_API_KEYS: 'env:read:from-the-environment' });
  const key = (await chl('keys', 'new', 'ann')).stdout.trim();
  const file = join(folder, 'data', 'api-keys');
  const good = await readFile(file, 'utf8');
  const url = await start();
  await writeFile(file, `${good}bob:emperor:secret\nnew:read:clear-key\n`);
  await writeFile(`${file}.mark`, '');
  expect(await statusWith(url, key)).toBe(200);
  await writeFile(file, `new:read:clear-key\n`);
  await untilStatus(url, 'clear-key', 200);
  expect(await statusWith(url, key)).toBe(401);
  expect(await statusWith(url, 'from-the-environment')).toBe(200);
});

test('mistakes are named: no name, an odd one, a role that is none, a key that is not there', async () => {
  const { chl } = await workplace();
  for (const args of [['new'], ['new', 'a:b'], ['new', 'ann', '--role', 'root'], ['turn'], ['revoke']]) {
    expect((await chl('keys', ...args)).exitCode, args.join(' ')).toBe(2);
  }
  expect((await chl('keys', 'revoke', 'nobody')).exitCode).toBe(1);
});

test('CHL_API_KEYS_FILE names the file of the service and of the command; comments in it stay', async () => {
  const { folder, environment } = await workplace();
  const file = join(folder, 'keys.txt');
  await writeFile(file, '# ours');
  const variables = { ...environment, CHL_API_KEYS_FILE: file };
  expect((await runCli(['keys', 'new', 'ann'], variables)).exitCode).toBe(0);
  expect((await runCli(['keys', 'new', 'bob'], variables)).exitCode).toBe(0);
  expect((await runCli(['keys', 'revoke', 'ann'], variables)).exitCode).toBe(0);
  expect(await readFile(file, 'utf8')).toMatch(/^# ours\nbob:write:sha256:[0-9a-f]{64}\n$/);
});
