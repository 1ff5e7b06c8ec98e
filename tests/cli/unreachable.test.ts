import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from './run-cli.ts';

const UNREACHABLE = 3;

/** An address where nothing listens: it was free a moment ago. */
async function deadAddress(): Promise<string> {
  const server = createServer();
  const address = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return address;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each([['status'], ['search', 'words'], ['export'], ['import', 'entries.ndjson']])(
  'chl %s says in one line that the service named by --url is not there',
  async (...args) => {
    const { exitCode, stdout, stderr } = await runCli([...args, '--url', await deadAddress()]);
    expect(exitCode).toBe(UNREACHABLE);
    expect(stderr).toMatch(/^chl: No CHL service answers at http:\/\/127\.0\.0\.1:\d+\. .*chl serve.*\n$/);
    expect(stdout).toBe('');
  },
);

test('CHL_URL counts as named: the data folder is not opened in its place', async () => {
  const { exitCode } = await runCli(['status'], {
    CHL_URL: await deadAddress(),
    CHL_DATA_DIR: '/nonexistent',
  });
  expect(exitCode).toBe(UNREACHABLE);
});

test('another web server is not taken for CHL', async () => {
  const server = createServer((_, response) => response.end('<html>hello</html>'));
  onTestFinished(() => void server.close());
  const { exitCode, stderr } = await runCli(['status', '--url', await listening(server)]);
  expect(exitCode).toBe(UNREACHABLE);
  expect(stderr).toContain('is not a CHL service');
});
