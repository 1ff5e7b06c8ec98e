import { assert, float, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SERVICE_OPTIONS } from '../../src/service/options.ts';
import { leastCosine, similarity } from '../../src/service/duplicate-finder.ts';
import { newEntryId } from '../../src/service/entry-id.ts';
import { beginningOf } from '../../src/service/excerpt.ts';
import { Guidelines } from '../../src/service/guideline-service.ts';
import { canonicalJson, requestHash } from '../../src/service/request-hash.ts';
import { rankForSession } from '../../src/service/session-ranking.ts';
import { SessionStore } from '../../src/service/session-store.ts';
import { Snippets } from '../../src/service/snippet.ts';
import type { Entry } from '../../src/core/entry.ts';
import { asEntryKey } from '../../src/core/ids.ts';

describe('snippet', () => {
  const filler = 'Nothing of interest stands in this sentence. '.repeat(20);
  const body = `# Intro\n${filler}\n## Retries ##\nWait for Retry-After, then repeat the upload.\n${filler}`;

  test('shows the passage with the most words of the query, and its heading', () => {
    const { text, heading } = new Snippets('repeating uploads', 120).of(body);
    expect(text).toContain('repeat the upload');
    expect(text.startsWith('…')).toBe(true);
    expect(heading).toBe('Retries');
  });

  test('works for scripts without spaces', () => {
    const japanese = `${'関係のない文です。'.repeat(60)}データベースの移行手順を確認する。${'以上。'.repeat(60)}`;
    expect(new Snippets('移行手順', 80).of(japanese).text).toContain('移行手順');
  });

  test('without a matching word it is the beginning', () => {
    expect(new Snippets('zebra', 80).of(body).text.startsWith('# Intro')).toBe(true);
    expect(new Snippets('"(*&', 80).of('short')).toEqual({ text: 'short', heading: null });
  });

  test('a text shown whole still names the heading that the words stand under', () => {
    const short = '# Backups\nEvery night.\n## Restores\nFrom the newest copy.';
    expect(new Snippets('newest copy', 320).of(short)).toEqual({ text: short, heading: 'Restores' });
    expect(new Snippets('night', 320).of(short)).toEqual({ text: short, heading: 'Backups' });
    expect(new Snippets('issue', 320).of('Fixes issue #7.')).toEqual({
      text: 'Fixes issue #7.',
      heading: null,
    });
  });

  test('is bounded and well formed, whatever the text', () => {
    const texts = string({ unit: 'grapheme', maxLength: 2_000 });
    assert(
      property(texts, texts, integer({ min: 80, max: 640 }), (anyBody, query, chars) => {
        const { text } = new Snippets(query, chars).of(anyBody);
        expect(text.length).toBeLessThanOrEqual(chars + 2);
        expect(/\p{Surrogate}/u.test(text)).toBe(false);
      }),
    );
  });

  test('a megabyte of one word takes no longer than its bound of words', () => {
    expect(new Snippets('retry', 80).of('retry '.repeat(200_000)).text.length).toBeLessThanOrEqual(82);
  });
});

test('a preview ends between words and says that it is cut', () => {
  expect(beginningOf('one two three four', 13)).toEqual({ text: 'one two three…', truncated: true });
  expect(beginningOf('one', 3)).toEqual({ text: 'one', truncated: false });
  expect(beginningOf('🦊'.repeat(50), 81).text).toBe(`${'🦊'.repeat(40)}…`);
});

test('ids name type, category and time, and never repeat', () => {
  const atMs = Date.UTC(2026, 0, 31, 12);
  const ids = Array.from({ length: 10_000 }, () => newEntryId('skill', 'API', atMs));
  expect(ids[0]).toMatch(/^SKL-API-20260131120000-[0-9a-f]{16}$/);
  expect(new Set(ids).size).toBe(ids.length);
});

test('equal requests hash the same whatever the order of their keys', async () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined })).toBe('{"b":[1,{"c":"x","d":null}]}');
  expect(await requestHash('write', { a: 1, b: 2 })).toBe(await requestHash('write', { b: 2, a: 1 }));
  expect(await requestHash('write', { a: 1 })).not.toBe(await requestHash('update', { a: 1 }));
});

describe('similarity', () => {
  const calibration = { similarCosine: 0.6, duplicateCosine: 0.9 };

  test.each([
    [-1, 0],
    [0, 0],
    [0.3, 0.25],
    [0.6, 0.5],
    [0.75, 0.675],
    [0.9, 0.85],
    [1, 1],
    [1.0000001, 1],
    [Number.NaN, 0],
  ])('a cosine of %d is %d', (cosine, expected) => {
    expect(similarity(cosine, calibration)).toBeCloseTo(expected, 6);
  });

  test('never falls while the cosine grows', () => {
    const cosines = float({ min: -1, max: 1, noNaN: true });
    assert(
      property(cosines, cosines, (a, b) => {
        expect(similarity(Math.min(a, b), calibration)).toBeLessThanOrEqual(
          similarity(Math.max(a, b), calibration),
        );
      }),
    );
  });

  test('the index is asked for no less than what is similar enough', () => {
    assert(
      property(float({ min: 0, max: 1, noNaN: true }), (least) => {
        expect(similarity(leastCosine(least, calibration), calibration)).toBeCloseTo(least, 6);
      }),
    );
  });
});

describe('sessions', () => {
  const candidate = (key: number, score: number) => ({
    key: asEntryKey(key),
    seq: null,
    score,
    vector: null,
    text: score,
  });
  const list = [candidate(1, 0.9), candidate(2, 0.8), candidate(3, 0.2)];
  const keysOf = (viewed: readonly number[], hide: boolean, downrank: boolean) => {
    const ranked = rankForSession(list, new Set(viewed), { hide, downrank, factor: 0.7 });
    return { keys: ranked.candidates.map(({ key }) => key), applied: ranked.applied };
  };

  test('what was viewed moves down, or out; nothing else changes its place', () => {
    expect(keysOf([1], false, true)).toEqual({ keys: [2, 1, 3], applied: true });
    expect(keysOf([1], true, true)).toEqual({ keys: [2, 3], applied: true });
    expect(keysOf([1], false, false)).toEqual({ keys: [1, 2, 3], applied: false });
    expect(keysOf([7], true, true)).toEqual({ keys: [1, 2, 3], applied: false });
  });

  test('memory is bounded: the longest untouched go first', () => {
    const store = new SessionStore({
      ...DEFAULT_SERVICE_OPTIONS.sessions,
      sessionsMax: 2,
      entriesPerSessionMax: 2,
    });
    const entry = (id: string, key: number): Entry => ({ id, key }) as unknown as Entry;
    store.markViewed('s', [entry('a', 1), entry('b', 2), entry('c', 3)]);
    expect(store.viewedIds('s')).toEqual(['c', 'b']);
    store.markCited('t', ['x']);
    store.markCited('u', ['x']);
    expect(store.viewedIds('s')).toEqual([]);
  });
});

describe('guidelines', () => {
  test('two guides are built in; a file may replace one', () => {
    const built = new Guidelines({});
    expect(built.get('generator')).toMatchObject({
      meta: { code: 'GLN' },
      skill: { title: 'Writing entries that help the next agent' },
    });
    expect(built.get('evaluator').skill.content).toContain('0.85');
    const ours = new Guidelines({
      generator: { content: '# House rules\n\nBe brief.', author: 'ops', updatedAtMs: 0 },
    });
    expect(ours.get('generator').skill).toMatchObject({
      title: 'House rules',
      summary: 'Be brief.',
      author: 'ops',
      updated_at: '1970-01-01T00:00:00.000Z',
    });
  });
});
