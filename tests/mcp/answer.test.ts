import { expect, test } from 'vitest';
import { ChlError } from '../../src/core/errors.ts';
import { errorResult, toolAnswer, toolResult } from '../../src/mcp/answer.ts';

const MAX_CHARS = 60_000;

test('a long list is cut from its end, says how much is missing, and stays under the bound', () => {
  const entries = Array.from({ length: 200 }, (_, number) => ({
    id: `E${number}`,
    playbook: 'x'.repeat(1000),
  }));
  const result = toolResult(
    toolAnswer({ entries, count: 200 }, ({ entries: kept }) => kept.map((one) => one.playbook).join('\n')),
    'entries',
    MAX_CHARS,
  );
  const structured = result.structuredContent as {
    entries: unknown[];
    count: number;
    truncated: { left_out: number };
  };
  expect(JSON.stringify(result).length).toBeLessThan(MAX_CHARS + 1000);
  expect(structured.count).toBeGreaterThan(20);
  expect(structured.count).toBe(structured.entries.length);
  expect(structured.count + structured.truncated.left_out).toBe(200);
  expect(structured.entries[0]).toEqual(entries[0]);
});

test('an answer that fits is left alone', () => {
  const structured = { entries: [{ id: 'E1' }], count: 1 };
  expect(
    toolResult(
      toolAnswer(structured, () => 'one'),
      'entries',
      MAX_CHARS,
    ).structuredContent,
  ).toEqual(structured);
});

test('an entry that is too long by itself is cut, and named as cut', () => {
  const entries = [{ id: 'SKL-1', content: '"\n'.repeat(500_000), metadata: null }];
  const result = toolResult(
    toolAnswer({ entries, count: 1 }, ({ entries: kept }) => kept[0]?.content ?? ''),
    'entries',
    MAX_CHARS,
  );
  expect(JSON.stringify(result.structuredContent).length).toBeLessThan(MAX_CHARS);
  const { entries: kept, truncated } = result.structuredContent as {
    entries: typeof entries;
    truncated: object;
  };
  expect(kept[0]?.id).toBe('SKL-1');
  expect(kept[0]?.content.length).toBeGreaterThan(1000);
  expect(truncated).toMatchObject({ left_out: 0 });
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
