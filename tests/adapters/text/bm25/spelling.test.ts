import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOneSlipApart, SpellingDictionary } from '../../../../adapters/text/bm25/spelling.ts';

/** Damerau–Levenshtein distance with adjacent swaps, by the textbook table. */
function distance(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (__, j) => (i === 0 ? j : i)),
  );
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(table[i - 1]![j]! + 1, table[i]![j - 1]! + 1, table[i - 1]![j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, table[i - 2]![j - 2]! + 1);
      table[i]![j] = best;
    }
  }
  return table[a.length]![b.length]!;
}

// Three letters make near words likely.
const word = fc.stringMatching(/^[abc]{4,7}$/);

test('one slip apart is Damerau–Levenshtein distance 1', () => {
  fc.assert(
    fc.property(word, word, (a, b) => a === b || isOneSlipApart(a, b) === (distance(a, b) === 1)),
    { numRuns: 2_000 },
  );
});

test('the scan finds exactly the words one slip apart', () => {
  fc.assert(
    fc.property(fc.uniqueArray(word, { minLength: 20, maxLength: 60 }), word, (words, asked) => {
      const dictionary = new SpellingDictionary();
      for (const known of words) dictionary.add(known);
      expect(dictionary.neighbours(asked)).toEqual(words.filter((known) => distance(known, asked) === 1));
    }),
  );
});

test('short words and words with digits are left alone', () => {
  const dictionary = new SpellingDictionary();
  for (const known of ['cat', 'ipv4', 'sha256', 'tree']) dictionary.add(known);
  for (const asked of ['car', 'ipv6', 'sha512', 'tre']) expect(dictionary.neighbours(asked)).toEqual([]);
});
