import { expect, test } from 'vitest';
import {
  suffixLengthOf,
  tokenBatches,
  truncate,
} from '../../../../adapters/embedder/transformers/token-batches.ts';

const text = (row: number, length: number) => ({ row, ids: Array<number>(length).fill(1) });

test('no batch is larger than the bound, padding included, and every text is in one', () => {
  const lengths = [5, 100, 3, 60, 60, 1, 7, 99, 40];
  const batches = tokenBatches(
    lengths.map((length, row) => text(row, length)),
    120,
  );
  for (const batch of batches) {
    const longest = Math.max(...batch.map(({ ids }) => ids.length));
    expect(batch.length * longest).toBeLessThanOrEqual(120);
  }
  const rows = batches.flat().map(({ row }) => row);
  expect(rows.toSorted((a, b) => a - b)).toEqual(lengths.map((_, row) => row));
});

test('a query waits for no more than one text of 256 tokens', () => {
  const batches = tokenBatches(Array.from({ length: 64 }, (_, row) => text(row, row < 32 ? 256 : 16)));
  expect(batches.map((batch) => batch.length)).toEqual([16, 16, ...Array<number>(32).fill(1)]);
});

test('a single text beyond the bound is a batch of its own', () => {
  expect(tokenBatches([text(0, 500), text(1, 2)], 120).map((batch) => batch.length)).toEqual([1, 1]);
});

test('what is cut is the text, not the tokens that close it', () => {
  expect(truncate([101, 1, 2, 3, 4, 102], 4, 1)).toEqual([101, 1, 2, 102]);
  expect(truncate([1, 2, 3, 4], 2, 0)).toEqual([1, 2]);
  expect(truncate([101, 1, 102], 4, 1)).toEqual([101, 1, 102]);
});

test.each([
  ['BERT', [101], [102], 1],
  ['Qwen', [], [9], 1],
  ['GPT', [], [], 0],
  ['LLaMA', [1], [], 0],
])('the closing tokens of a tokenizer like %s', (_, before, after, count) => {
  expect(suffixLengthOf((word) => [...before, ...(word === '' ? [] : [50]), ...after])).toBe(count);
});
