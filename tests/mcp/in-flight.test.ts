import { expect, test } from 'vitest';
import { InFlightCalls } from '../../src/mcp/in-flight.ts';

test('a cancellation reaches the call of its peer, and no other', () => {
  const calls = new InFlightCalls();
  const mine = calls.start('alice', 1);
  const other = calls.start('bob', 1);
  expect(calls.cancel('alice', 1)).toBe(true);
  expect([mine.signal.aborted, other.signal.aborted]).toEqual([true, false]);
});

test('where two calls could be meant, neither is cancelled', () => {
  const calls = new InFlightCalls();
  const first = calls.start('alice', 7);
  const second = calls.start('alice', 7);
  expect(calls.cancel('alice', 7)).toBe(false);
  first.end();
  expect(calls.cancel('alice', 7)).toBe(true);
  expect([first.signal.aborted, second.signal.aborted]).toEqual([false, true]);
});

test('a call that has ended is forgotten, and the text "1" is not the number 1', () => {
  const calls = new InFlightCalls();
  calls.start('alice', 1).end();
  const text = calls.start('alice', '1');
  expect(calls.cancel('alice', 1)).toBe(false);
  expect(text.signal.aborted).toBe(false);
});
