import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import { depthProblemAt, syntaxProblemAt } from '../../../src/http/body/json-syntax.ts';

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('where JSON is wrong', () => {
  for (const [text, at] of [
    ['{"a": bad}', 6],
    ['{"a" 1}', 5],
    ['{"a":1,}', 7],
    ['[1,]', 3],
    ['[1 2]', 3],
    ['{"a":1', 6],
    ['', 0],
    ['{} {}', 3],
    ['{1:2}', 1],
    ['[01]', 1],
    ['"\u0001"', 0],
    ['[}', 1],
    ['  nul', 2],
  ] as const) {
    test(`${JSON.stringify(text)} at ${at}`, () => assert.equal(syntaxProblemAt(text), at));
  }

  test('agrees with JSON.parse on any text, however it was damaged', () => {
    const damaged = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', '{', ']', ',', ':', '\\', '0', 'e', ' ', 'true', '\n', '\0'),
      )
      .map(([text, at, insert]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + insert + text.slice(cut + 1);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        assert.equal(syntaxProblemAt(text) === null, parses(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('depth', () => {
  test('counts brackets, not those in texts', () => {
    assert.equal(depthProblemAt('[[["[[[["]]]', 3), null);
    assert.equal(depthProblemAt('[[["\\"[[["]]]', 3), null);
    assert.equal(depthProblemAt('[[{"a":[]}]]', 3), 7);
    assert.equal(depthProblemAt('[[],[],[[]]]', 3), null);
  });
});
