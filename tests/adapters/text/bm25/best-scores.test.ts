import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BestScores } from '../../../../adapters/text/bm25/best-scores.ts';

/** Few different scores, so that many are equal. */
const offer = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(0xffff_ffff));

test('the best in order: higher score first, then the smaller number, however many were offered', () => {
  const best = new BestScores();
  const offers = fc.uniqueArray(offer, { selector: ([, doc]) => doc, maxLength: 200 });
  fc.assert(
    fc.property(offers, fc.integer({ min: 1, max: 12 }), (all, count) => {
      best.start(count);
      for (const [score, doc] of all) best.offer(score / 4, doc);
      const expected = all.toSorted(([a, docA], [b, docB]) => b - a || docA - docB).slice(0, count);
      const { docs, scores } = best.take();
      expect([...docs]).toEqual(expected.map(([, doc]) => doc));
      expect([...scores]).toEqual(expected.map(([score]) => score / 4));
    }),
  );
});
