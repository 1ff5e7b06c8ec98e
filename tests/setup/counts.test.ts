import { expect, test } from 'vitest';
import { denoCounts, vitestCounts } from '../../scripts/test/suites.mjs';

test('Deno: the last line is counted', () => {
  const stdout = 'one ... ok (1ms)\n\nok | 47 passed | 0 failed | 3 ignored (3s)\n\n';
  expect(denoCounts(true, stdout)).toEqual({ passed: 47, failed: 0, skipped: 3 });
  expect(denoCounts(false, 'FAILED | 10 passed | 2 failed (1s)\n')).toEqual({
    passed: 10,
    failed: 2,
    skipped: 0,
  });
});

test('Vitest: its report is counted', () => {
  const report = JSON.stringify({ numPassedTests: 5, numFailedTests: 1, numPendingTests: 2 });
  expect(vitestCounts(false, report)).toEqual({ passed: 5, failed: 1, skipped: 2 });
});

test('a run that ends badly without a failed test is a failure', () => {
  expect(denoCounts(false, 'error: Module not found').failed).toBe(1);
  expect(vitestCounts(false, null).failed).toBe(1);
  const unloadable = JSON.stringify({ numPassedTests: 5, numFailedTests: 0, numPendingTests: 0 });
  expect(vitestCounts(false, unloadable).failed).toBe(1);
});

test('a run of no test is a failure, whatever its exit code', () => {
  expect(denoCounts(true, 'ok | 0 passed | 0 failed (0ms)').failed).toBe(1);
  const empty = JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 });
  expect(vitestCounts(true, empty).failed).toBe(1);
});
