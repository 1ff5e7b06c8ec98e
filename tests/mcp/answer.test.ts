import { expect, test } from 'vitest';
import { ChlError } from '../../src/core/errors.ts';
import { ANSWER_CHARS_MAX, errorResult, toolResult } from '../../src/mcp/answer.ts';

test('a long list is cut from its end, says how much is missing, and stays under the bound', () => {
  const entries = Array.from({ length: 200 }, (_, number) => ({
    id: `E${number}`,
    playbook: 'x'.repeat(1000),
  }));
  const result = toolResult({ text: 'two hundred', structured: { entries, count: 200 } }, 'entries');
  const structured = result.structuredContent as {
    entries: unknown[];
    count: number;
    truncated: { left_out: number };
  };
  expect(JSON.stringify(structured).length).toBeLessThan(ANSWER_CHARS_MAX + 1000);
  expect(structured.count).toBe(structured.entries.length);
  expect(structured.count + structured.truncated.left_out).toBe(200);
  expect(structured.entries[0]).toEqual(entries[0]);
});

test('an answer that fits is left alone', () => {
  const structured = { entries: [{ id: 'E1' }], count: 1 };
  expect(toolResult({ text: 'one', structured }, 'entries').structuredContent).toEqual(structured);
});

test('a failure is a result with the error object of REST', () => {
  const result = errorResult(
    new ChlError('NOT_FOUND', 'There is no entry X.', { hint: 'Search for it.' }),
    'r1',
  );
  expect(result.isError).toBe(true);
  expect(result.structuredContent).toEqual({
    detail: 'There is no entry X.',
    error: { code: 'NOT_FOUND', message: 'There is no entry X.', hint: 'Search for it.', retryable: false },
    request_id: 'r1',
  });
});
