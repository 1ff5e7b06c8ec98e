import { expect, test } from 'vitest';
import { runCli } from './run-cli.ts';

const USAGE = 2;

test.each([
  [['frobnicate'], 'There is no command "frobnicate"'],
  [['import'], 'missing required args'],
  [['search'], 'missing required args'],
  [['search', 'words', '--nonsense'], 'Unknown option `--nonsense`'],
  [['search', 'words', '--limit', '0'], '--limit must be a whole number from 1'],
  [['search', 'words', '--limit', '1e1'], '--limit must be a whole number from 1'],
  [['search', 'words', '--mode', 'psychic'], '--mode must be one of hybrid, vector, text'],
  [['search', 'words', '--type', 'manual'], '--type must be one of experience, skill'],
  [['status', '--url', 'localhost'], '--url must be an address'],
  [['status', 'twice'], 'Unused args'],
])('%j is a mistake in the command line', async (args, message) => {
  const { exitCode, stdout, stderr } = await runCli(args);
  expect(exitCode).toBe(USAGE);
  expect(stderr).toContain(`chl: ${message}`);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stdout).toBe('');
});

test('a mistyped configuration is told before the data folder is touched', async () => {
  const { exitCode, stderr } = await runCli(['status'], {
    CHL_PORT: '1',
    CHL_FAISS_SAVE_POLICY: 'sometimes',
  });
  expect(exitCode).toBe(USAGE);
  expect(stderr).toContain('CHL_FAISS_SAVE_POLICY');
  expect(stderr.trim().split('\n').at(-1)).toBe('README.md lists every variable with its values.');
});
