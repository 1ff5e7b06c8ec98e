import { expect, test } from 'vitest';
import { systemClock } from '../../../adapters/clock/system-clock.ts';

test('after 0 ms it is a later turn: what was resolved before comes first, and what is cancelled never', async () => {
  const order: string[] = [];
  systemClock.setTimer(() => order.push('cancelled'), 0).cancel();
  const turn = new Promise<void>((resolve) => {
    systemClock.setTimer(() => {
      order.push('turn');
      resolve();
    }, 0);
  });
  void Promise.resolve().then(() => order.push('resolved'));
  await turn;
  expect(order).toEqual(['resolved', 'turn']);
});
