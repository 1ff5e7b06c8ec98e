import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvertedIndex } from '../../../../adapters/text/bm25/inverted-index.ts';
import { DEFAULT_PARAMETERS } from '../../../../adapters/text/bm25/parameters.ts';
import { lookUpTouched, scanAll, scanTouched, type Sums } from '../../../../adapters/text/bm25/term-scan.ts';
import { asDocNo } from '../../../../src/core/ids.ts';

const TERM_COUNT = 6;
const { k1, b } = DEFAULT_PARAMETERS;

/** Bodies of random terms, as numbers. */
const bodies = fc.array(fc.array(fc.integer({ min: 1, max: TERM_COUNT }), { maxLength: 30 }), {
  minLength: 1,
  maxLength: 80,
});

function indexOf(sequences: readonly (readonly number[])[]): InvertedIndex {
  const index = new InvertedIndex(DEFAULT_PARAMETERS);
  while (index.createTerm() < TERM_COUNT);
  sequences.forEach((body, doc) => index.insert(asDocNo(doc), [0, ...body], body.length));
  return index;
}

const emptySums = (): Sums => ({ scores: new Float32Array(128), touched: new Uint32Array(128), count: 0 });

test('looking documents up and passing all postings add the same, in whatever runs they were touched', () => {
  fc.assert(
    fc.property(bodies, (sequences) => {
      const index = indexOf(sequences);
      const [scanned, lookedUp] = [emptySums(), emptySums()];
      for (const sums of [scanned, lookedUp]) {
        for (const term of [1, 2, 3]) scanAll(index.postingsOf({ term, boost: 4 - term }), sums);
      }
      for (const term of [4, 5]) {
        scanTouched(index.postingsOf({ term, boost: 1 }), scanned);
        lookUpTouched(index.postingsOf({ term, boost: 1 }), lookedUp);
      }
      expect(lookedUp.scores).toEqual(scanned.scores);
    }),
  );
});

test('no document has more of a term than its bound, while the average length moves', () => {
  fc.assert(
    fc.property(bodies, bodies, fc.integer({ min: 1, max: 4 }), (before, after, stretch) => {
      const index = indexOf(before);
      for (let term = 1; term <= TERM_COUNT; term += 1) index.shareBound(term);
      after.forEach((body, at) => {
        const doc = asDocNo(before.length + at);
        index.insert(doc, [0, ...body], body.length * stretch);
        for (let term = 1; term <= TERM_COUNT; term += 1) {
          const { docs, weights, start, end, lengths } = index.postingsOf({ term, boost: 1 });
          const bound = index.shareBound(term) * (1 + 1e-6);
          for (let place = start; place < end; place += 1) {
            const norm = k1 * (1 - b + (b * lengths[docs[place]!]!) / index.averageLength);
            expect(weights[place]! / (weights[place]! + norm)).toBeLessThanOrEqual(bound);
          }
        }
      });
    }),
    { numRuns: 30 },
  );
});
