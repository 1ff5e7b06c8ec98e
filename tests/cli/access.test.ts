import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from './run-cli.ts';
import { freshEnvironment, startService, type RunningService } from './running-service.ts';

async function serviceWith(
  variables: Record<string, string>,
): Promise<{ readonly service: RunningService; readonly folder: string }> {
  const { environment, folder, dispose } = await freshEnvironment(variables);
  const service = await startService(environment);
  onTestFinished(async () => {
    await service.stop();
    await dispose();
  });
  return { service, folder };
}

const line = (number: number): string =>
  JSON.stringify({
    entity_type: 'experience',
    category_code: 'API',
    data: { section: 'useful', title: `Entry ${number}`, playbook: `Do the thing number ${number}.` },
    ref: `entry:${number}`,
  });

test('without a key, with a wrong one and with too small a role the service says no: exit code 4', async () => {
  const { service, folder } = await serviceWith({ CHL_API_KEYS: 'reader:read:00123,admin:admin:secret' });
  const file = join(folder, 'one.ndjson');
  await writeFile(file, line(1));
  const chl = (...args: string[]): ReturnType<typeof runCli> => runCli([...args, '--url', service.url]);

  const without = await chl('search', 'x');
  expect(without).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('Pass a key with --key or CHL_API_KEY.'),
  });
  expect((await chl('search', 'x', '--key', 'wrong')).exitCode).toBe(4);
  expect((await chl('import', file, '--key', '00123')).exitCode).toBe(4);
  expect((await chl('import', file, '--key', 'secret')).exitCode).toBe(0);

  const search = await runCli(['search', 'thing'], { CHL_URL: service.url, CHL_API_KEY: '00123' });
  expect(search).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Entry 1') });
});

test('a key that may only read may see the status', async () => {
  const { service } = await serviceWith({ CHL_API_KEYS: 'reader:read:r' });
  const { exitCode, stdout } = await runCli(['status', '--url', service.url, '--key', 'r']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^backend +flat/m);
});

test('a data folder that a service owns is not opened a second time', async () => {
  const { service } = await serviceWith({});
  const { exitCode, stderr } = await runCli(['status'], service.environment);
  expect(exitCode).toBe(3);
  expect(stderr).toContain('name its address with --url or CHL_URL');
});

/** Passes bytes on until the answers amount to `bytes`, then cuts every connection. */
async function cuttingProxy(target: URL, bytes: number): Promise<string> {
  let passed = 0;
  const proxy = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      passed += chunk.length;
      if (passed > bytes) client.destroy();
      else client.write(chunk);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

test('an import that is cut off says so, and the same command finishes it without storing anything twice', async () => {
  const { service, folder } = await serviceWith({});
  const file = join(folder, 'entries.ndjson');
  await writeFile(file, Array.from({ length: 1500 }, (_, i) => line(i)).join('\n'));

  const cut = await runCli(['import', file, '--url', await cuttingProxy(new URL(service.url), 120_000)]);
  expect(cut.exitCode).toBe(3);
  expect(cut.stderr).toContain('Run the same command again');

  const again = await runCli(['import', file, '--url', service.url, '--json']);
  const counts = JSON.parse(again.stdout);
  expect(counts.failed).toBe(0);
  expect(counts.unchanged).toBeGreaterThan(0);
  expect(counts.created + counts.unchanged).toBe(1500);
  const { stdout } = await runCli(['export', '--url', service.url]);
  expect(
    new Set(
      stdout
        .trim()
        .split('\n')
        .map((entry) => JSON.parse(entry).ref),
    ).size,
  ).toBe(1500);
  expect(stdout.trim().split('\n')).toHaveLength(1500);
});
