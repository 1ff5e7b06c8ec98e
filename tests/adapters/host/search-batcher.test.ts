import { expect, test } from 'vitest';
import type { SearchRequest } from '../../../adapters/host/process/protocol.ts';
import { SearchBatcher } from '../../../adapters/host/process/search-batcher.ts';
import { searchFor } from '../../conformance/index-host.suite.ts';

function batcher() {
  const sent: number[][] = [];
  const collecting = new SearchBatcher((batch) => sent.push(batch.map(({ id }) => id)));
  const add = (...ids: number[]): void => ids.forEach((id) => collecting.add(request(id)));
  return { collecting, sent, add };
}

const request = (id: number): SearchRequest => ({ id, collection: 1, query: searchFor(id) });

test('a lone search leaves at once', () => {
  const { sent, add } = batcher();
  add(1);
  expect(sent).toEqual([[1]]);
});

test('while two batches are on the way the others gather, and leave together', () => {
  const { collecting, sent, add } = batcher();
  add(1, 2, 3, 4, 5);
  expect(sent).toEqual([[1], [2]]);
  collecting.taken(1);
  expect(sent).toEqual([[1], [2], [3, 4, 5]]);
  collecting.taken(2);
  add(6);
  expect(sent.at(-1)).toEqual([6]);
});

test('a new process gets nothing that the old one was asked, and starts with empty hands', () => {
  const { collecting, sent, add } = batcher();
  add(1, 2, 3);
  collecting.reset();
  add(4, 5, 6);
  expect(sent).toEqual([[1], [2], [4], [5]]);
});

test('the queue is bounded: beyond it a search is refused as overload', () => {
  const { add } = batcher();
  const overload = (): void => {
    for (let id = 0; id < 20_000; id += 1) add(id);
  };
  expect(overload).toThrow(expect.objectContaining({ code: 'OVERLOADED', retryable: true }));
});
