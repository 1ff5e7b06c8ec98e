import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenise } from '../../../src/core/text/tokenise.ts';

function tokens(text: string): readonly string[] {
  const found: string[] = [];
  tokenise(text, (token, kind) => found.push(kind === 'word' ? token : `${kind}:${token}`));
  return found;
}

test.each([
  ['Restart the server.', ['restart', 'the', 'server']],
  ['docker-compose', ['docker', 'compose', 'whole:dockercompose']],
  ['git_rebase', ['git', 'rebase', 'whole:gitrebase']],
  ['__init__.py', ['init', 'py', 'whole:initpy']],
  ['getHTTPResponse', ['get', 'http', 'response', 'whole:gethttpresponse']],
  ['URLs and IDs', ['urls', 'and', 'ids']],
  ['SHA256SUM', ['sha256sum']],
  ['x86Arch', ['x86', 'arch', 'whole:x86arch']],
  ['v1.2', ['v1', '2', 'whole:v1.2']],
  ['2024-01-31', ['2024', '01', '31', 'whole:2024-01-31']],
  ['--dry-run', ['dry', 'run', 'whole:dryrun', 'flag:--dryrun']],
  ['[-v|--verbose]', ['v', 'flag:-v', 'verbose', 'flag:--verbose']],
  ['a-b -c', ['a', 'b', 'whole:ab', 'c', 'flag:-c']],
  ['a - b -- c', ['a', 'b', 'c']],
  ['C++, C# and a+b', ['c', 'whole:c++', 'c', 'whole:c#', 'and', 'a', 'b']],
  ['path/to/file.txt', ['path', 'to', 'file', 'txt', 'whole:filetxt']],
  ["don't", ['don', 't']],
  ['Café', ['cafe']],
  ['ＦＵＬＬ', ['full']],
  ['東京都', ['character:東', 'character:京', 'character:都', 'bigram:東京', 'bigram:京都']],
  ['猫 docker入門', ['猫', 'docker', 'character:入', 'character:門', 'bigram:入門']],
  ['ﾃﾞｰﾀ', ['character:デ', 'character:ー', 'character:タ', 'bigram:デー', 'bigram:ータ']],
  ['हिन्दी', ['हिन्दी']],
  ['𝒳 🚀', ['x']],
])('%s', (text, expected) => {
  expect(tokens(text)).toEqual(expected);
});

test('long runs of characters are cut, not dropped', () => {
  expect(tokens('a'.repeat(1_000))).toEqual(['a'.repeat(64)]);
});

test('any text gives short, lower-case tokens, and the same ones in upper case', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      for (const token of tokens(text)) {
        expect(token.length).toBeLessThanOrEqual(64 + 'character:'.length);
        expect(token).toBe(token.toLowerCase());
      }
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abc12 .-_+#/é'.split('')), maxLength: 40 }), (text) => {
      expect(tokens(text.toUpperCase())).toEqual(tokens(text));
    }),
  );
});

test('a name is the same whole in every style', () => {
  const word = fc.stringMatching(/^[a-z]{2,8}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 2, maxLength: 4 }), (words) => {
      const camel = words
        .map((part, index) => (index === 0 ? part : part[0]!.toUpperCase() + part.slice(1)))
        .join('');
      expect(tokens(words.join('-'))).toEqual(tokens(words.join('_')));
      expect(tokens(camel)).toEqual(tokens(words.join('-')));
    }),
  );
});
