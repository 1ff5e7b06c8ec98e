import { expect, test } from 'vitest';
import { chooseMerge, FAN_OUT, type MergeCandidate } from '../../../src/core/engine/merge-policy.ts';

const BASE_ROWS = 1_000;

/** Seals `count` segments one after another and merges whenever the policy says so. */
function seal(count: number) {
  let segments: MergeCandidate[] = [];
  let rewritten = 0;
  let most = 0;
  for (let id = 1; id <= count; id += 1) {
    segments.push({ id, liveRows: BASE_ROWS });
    for (
      let merge = chooseMerge(segments, BASE_ROWS);
      merge !== null;
      merge = chooseMerge(segments, BASE_ROWS)
    ) {
      const ids = new Set(merge);
      const liveRows = segments.filter((one) => ids.has(one.id)).reduce((sum, one) => sum + one.liveRows, 0);
      segments = [...segments.filter((one) => !ids.has(one.id)), { id: 100_000 + rewritten, liveRows }];
      rewritten += liveRows;
    }
    most = Math.max(most, segments.length);
  }
  return { segments, rewritten, most };
}

test('a million vectors lie in a few dozen segments at most, each rewritten three times', () => {
  const { segments, rewritten, most } = seal(1_000);
  const tiers = Math.ceil(Math.log(1_000) / Math.log(FAN_OUT));
  expect(most).toBeLessThanOrEqual((FAN_OUT - 1) * tiers + 1);
  expect(segments.reduce((sum, one) => sum + one.liveRows, 0)).toBe(1_000_000);
  expect(rewritten).toBeLessThanOrEqual(3 * 1_000_000);
});

test('is content below the fan-out, and merges at most that many', () => {
  const segments = Array.from({ length: FAN_OUT + 3 }, (_, id) => ({ id, liveRows: BASE_ROWS }));
  expect(chooseMerge(segments.slice(0, FAN_OUT - 1), BASE_ROWS)).toBeNull();
  expect(chooseMerge(segments, BASE_ROWS)).toHaveLength(FAN_OUT);
});

test('a large segment is not rewritten for the sake of small ones', () => {
  const large = { id: 99, liveRows: 500_000 };
  const small = Array.from({ length: FAN_OUT }, (_, id) => ({ id, liveRows: 10 }));
  expect(chooseMerge([large, ...small], BASE_ROWS)).not.toContain(99);
});
