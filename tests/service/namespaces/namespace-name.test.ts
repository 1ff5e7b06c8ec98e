import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isNamespaceName } from '../../../src/service/namespaces/namespace-name.ts';

test('what is a name, and what is not', () => {
  for (const name of ['a', 'team-a', '0', 'x'.repeat(48), 'a-1-b'])
    expect(isNamespaceName(name), name).toBe(true);
  const refused = [
    '',
    '.',
    '..',
    'a/b',
    'a\\b',
    'a.b',
    'A',
    'team_a',
    '-a',
    'a-',
    'a--b',
    'é',
    'ａ',
    'a\n',
    'a\0',
  ];
  for (const name of [...refused, 'x'.repeat(49), 'admin', 'default', 'con\u0130'])
    expect(isNamespaceName(name), JSON.stringify(name)).toBe(false);
});

test('a name is one segment of a path, of an address and of a key file, and no two differ by case', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from('aZ09-._/\\:@+, \n\0é％')), maxLength: 5 }),
      (text) => {
        if (!isNamespaceName(text)) return;
        expect(encodeURIComponent(text)).toBe(text);
        expect(text.toLowerCase()).toBe(text);
        expect(text).not.toMatch(/[./\\:@+,\s]/);
      },
    ),
    { numRuns: 2_000 },
  );
});
