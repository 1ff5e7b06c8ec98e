import { expect, test } from 'vitest';
import { CommandLine } from '../../src/entry/cli/command-line.ts';

test('a key that looks like a number stays the text that was typed', () => {
  expect(new CommandLine(['status', '--key', '00123']).text('key')).toBe('00123');
  expect(new CommandLine(['status', '--key=1e5']).text('key')).toBe('1e5');
});

test('the last one counts, a value may hold an equals sign, and after -- come words', () => {
  const line = new CommandLine(['--key', 'a', '--key=b=c', '--', '--json']);
  expect(line.text('key')).toBe('b=c');
  expect(line.flag('json')).toBe(false);
  expect(line.text('url')).toBeNull();
});
