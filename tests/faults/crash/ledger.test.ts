import { expect, test } from 'vitest';
import { brokenPromises, observe, textOf, titleOf, type LedgerEntry, type Pending } from './ledger.ts';

const pending = (kind: Pending['kind'], revision: number): Pending => ({
  kind,
  revision,
  idempotencyKey: 'k',
});

const entry = (revision: number, under: Pending | null = null): LedgerEntry => ({
  name: 'w1e1',
  id: revision === 0 ? null : 'EXP-1',
  revision,
  pending: under,
});

const shown = (revision: number, id = 'EXP-1') =>
  observe({ id, title: titleOf('w1e1', revision), playbook: textOf('w1e1', revision) });

test.each([
  ['what was acknowledged', entry(2), [shown(2)]],
  ['a deleted entry that is gone', entry(0), []],
  ['an update under way that happened', entry(2, pending('update', 3)), [shown(3)]],
  ['an update under way that did not', entry(2, pending('update', 3)), [shown(2)]],
  ['a delete under way that happened', entry(2, pending('delete', 0)), []],
  ['a create under way that did not', entry(0, pending('create', 1)), []],
])('the check accepts %s', (_, promised, observed) => {
  expect(brokenPromises([promised], observed)).toEqual([]);
});

test.each([
  ['is lost', entry(2), []],
  ['is lost', entry(2, pending('update', 3)), []],
  ['is back', entry(0), [shown(1)]],
  ['is at revision 1; 2 was acknowledged', entry(2), [shown(1)]],
  ['is at revision 4', entry(2, pending('update', 3)), [shown(4)]],
  ['is there 2 times', entry(0, pending('create', 1)), [shown(1), shown(1, 'EXP-2')]],
  ['has another id', entry(2), [shown(2, 'EXP-9')]],
  ['is torn', entry(2), [observe({ id: 'EXP-1', title: titleOf('w1e1', 2), playbook: textOf('w1e1', 1) })]],
])('the check sees a planted loss: %s', (words, promised, observed) => {
  expect(brokenPromises([promised], observed).join()).toContain(words);
});

test('the check sees an entry that nobody wrote', () => {
  expect(brokenPromises([], [shown(1)])).toEqual(['w1e1 was never written']);
});
