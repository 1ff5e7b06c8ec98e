import { expect, test } from 'vitest';
import { ObservedMutex, WAIT_BUCKETS_MS, type Guard } from '../../../src/core/locks/observed-mutex.ts';
import { Gate } from '../../support/gate.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { TestClock } from '../../support/test-clock.ts';

function setUp() {
  const clock = new TestClock();
  const logger = new RecordingLogger();
  return { clock, logger, lock: new ObservedMutex({ name: 'write', clock, logger }) };
}

/** A lock holder that lets go when told to. */
async function occupy(lock: ObservedMutex, holder: string) {
  const entered = new Gate();
  const gate = new Gate();
  const done = lock.runExclusive(holder, () => {
    entered.open();
    return gate.opened;
  });
  await entered.opened;
  return { done, leave: gate.open };
}

test('one at a time, in the order of asking, also after a failure', async () => {
  const { lock } = setUp();
  const order: string[] = [];
  const first = lock.runExclusive('first', async () => {
    await Promise.resolve();
    order.push('first');
    throw new Error('failed');
  });
  const second = lock.runExclusive('second', () => order.push('second'));
  await expect(first).rejects.toThrow('failed');
  await second;
  expect(order).toEqual(['first', 'second']);
  expect(lock.holder).toBeNull();
});

test('tells who is waited for, and logs a wait of more than a second', async () => {
  const { lock, clock, logger } = setUp();
  const rebuild = await occupy(lock, 'rebuild');
  const waiter = lock.runExclusive('apply', () => undefined);
  clock.advance(1_500);
  expect(lock.holder).toBe('rebuild');
  rebuild.leave();
  await Promise.all([rebuild.done, waiter]);
  expect(lock.status()).toMatchObject({ waits: 1, longestWaitMs: 1_500, longestWaitHolder: 'rebuild' });
  expect(lock.status().waitMs.counts[WAIT_BUCKETS_MS.indexOf(5_000)]).toBe(1);
  expect(logger.lines).toMatchObject([
    { level: 'warn', fields: { holder: 'rebuild', waiter: 'apply', waitMs: 1_500 } },
  ]);
});

test('a short wait is counted and not logged; no wait is neither', async () => {
  const { lock, clock, logger } = setUp();
  await lock.runExclusive('alone', () => undefined);
  expect(lock.status().waits).toBe(0);
  const save = await occupy(lock, 'save');
  const waiter = lock.runExclusive('apply', () => undefined);
  clock.advance(3);
  save.leave();
  await Promise.all([save.done, waiter]);
  expect(lock.status()).toMatchObject({ waits: 1, longestWaitMs: 3, longestWaitHolder: 'save' });
  expect(logger.lines).toEqual([]);
});

test('a guard proves nothing once its lock is free, and nothing about another lock', async () => {
  const { lock } = setUp();
  const other = setUp().lock;
  const kept = await lock.runExclusive('apply', (held): Guard => {
    expect(() => held.assertHolds(lock)).not.toThrow();
    expect(() => held.assertHolds(other)).toThrow('does not hold');
    return held;
  });
  expect(() => kept.assertHolds(lock)).toThrow('does not hold');
});
