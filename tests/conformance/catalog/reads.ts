import assert from 'node:assert/strict';
import { asEntryKey } from '../../../src/core/ids.ts';
import type { EntryFilter } from '../../../src/core/filter.ts';
import { category, experience, skill, write, type CatalogFixture, type CatalogTest } from './fixture.ts';

/** FTS5 reads every one of these as syntax, or as an error, when they reach it unquoted. */
const HOSTILE_QUERIES: readonly string[] = [
  '"',
  '""',
  '"docker',
  "'",
  'docker NEAR compose',
  'NEAR(docker compose, 2)',
  '*',
  'dock*',
  '^docker',
  'heading:docker',
  ':',
  '(',
  'docker)',
  '(docker',
  'AND',
  'docker AND',
  'OR OR',
  'NOT docker',
  '-docker',
  '+ docker',
  'entries_fts:docker',
  '{heading body}: docker',
  '',
  '   ',
  '!?…',
  '\u0000',
  'docker\u0000',
  '\ud800',
  '😀',
  '日本語',
  'İstanbul',
  '; DROP TABLE entries',
  'docker '.repeat(2000),
  'a'.repeat(10_000),
  '%',
  '\\',
  '--',
  '/*',
];

export function readTests(test: CatalogTest): void {
  test('hostile queries are words', async ({ catalog }) => {
    await write(catalog, experience(1, { title: 'docker compose', body: 'near and not or' }));
    for (const query of HOSTILE_QUERIES) {
      const hits = await catalog.reader.textSearch(query, {}, 5);
      const expected = /docker|AND|NOT|OR OR/.test(query) ? 1 : 0;
      assert.equal(hits.length, expected, JSON.stringify(query.slice(0, 40)));
    }
    assert.equal((await catalog.reader.counts()).experiences, 1);
  });

  test('text is found by stem and without accents, headings first, scores from 1 down', async ({
    catalog,
  }) => {
    await write(
      catalog,
      experience(1, { title: 'Other', body: 'deploying the café menu' }),
      experience(2, { title: 'Deploy the menu', body: 'nothing' }),
      experience(3, { title: 'Unrelated', body: 'nothing' }),
      ...Array.from({ length: 20 }, (_, index) => experience(10 + index, { title: 'Noise', body: 'filler' })),
    );
    const hits = await catalog.reader.textSearch('the deployed', {}, 10);
    assert.deepEqual(
      hits.map(({ key }) => key),
      [2, 1],
    );
    assert.equal(hits[0]?.score, 1);
    assert.ok((hits[1]?.score ?? 2) < 1 && (hits[1]?.score ?? 0) > 0);
    assert.deepEqual(
      (await catalog.reader.textSearch('CAFE', {}, 10)).map(({ key }) => key),
      [1],
    );
  });

  test('filters apply before the limit, in lists and in text search', async ({ catalog }) => {
    await seed(catalog);
    const cases: readonly (readonly [EntryFilter, readonly string[]])[] = [
      [{}, ['SKL-TST-9', 'EXP-TST-4', 'EXP-TST-3', 'EXP-TST-2', 'EXP-TST-1']],
      [{ types: ['skill'] }, ['SKL-TST-9']],
      [{ types: ['skill', 'experience'], category: 'RARE' }, ['EXP-TST-4']],
      [{ types: [] }, []],
      [{ section: 'harmful' }, ['EXP-TST-2']],
      [{ author: 'bob' }, ['EXP-TST-3', 'EXP-TST-1']],
      [{ tags: ['a'] }, ['EXP-TST-3', 'EXP-TST-2']],
      [{ tags: ['a', 'b'] }, ['EXP-TST-3']],
      [{ tags: ["'; --"] }, []],
      [{ createdFromMs: 2000, createdToMs: 3000 }, ['EXP-TST-2']],
      [{ updatedFromMs: 3000 }, ['SKL-TST-9', 'EXP-TST-4', 'EXP-TST-3']],
      [{ author: 'bob', tags: ['b'], updatedToMs: 9000 }, ['EXP-TST-3']],
    ];
    for (const [filter, expected] of cases) {
      const listed = await catalog.reader.list({ filter, limit: 10 });
      assert.deepEqual(
        listed.map(({ id }) => id),
        expected,
        JSON.stringify(filter),
      );
      const hits = await catalog.reader.textSearch('word', filter, 10);
      const found = await catalog.reader.entriesByKeys(hits.map(({ key }) => key));
      assert.deepEqual(
        found.map(({ id }) => id).toSorted(),
        [...expected].toSorted(),
        JSON.stringify(filter),
      );
    }
    assert.equal((await catalog.reader.textSearch('word', { category: 'RARE' }, 1)).length, 1);
  });

  test('lists go back in time from a key, pages go forward', async ({ catalog }) => {
    await seed(catalog);
    const newest = await catalog.reader.list({ filter: {}, limit: 2 });
    const older = await catalog.reader.list({
      filter: {},
      limit: 2,
      beforeKey: newest[1]?.key ?? asEntryKey(0),
    });
    assert.deepEqual(
      [...newest, ...older].map(({ id }) => id),
      ['SKL-TST-9', 'EXP-TST-4', 'EXP-TST-3', 'EXP-TST-2'],
    );
    const page = await catalog.reader.page(asEntryKey(3), 10);
    assert.deepEqual(
      page.map(({ id }) => id),
      ['EXP-TST-4', 'SKL-TST-9'],
    );
  });

  test('counts are per category and per type', async ({ catalog }) => {
    await seed(catalog);
    const rows = await catalog.reader.categories();
    const counts = rows.filter((row) => row.experienceCount + row.skillCount > 0);
    assert.deepEqual(
      counts.map(({ code, experienceCount, skillCount }) => [code, experienceCount, skillCount]),
      [
        ['RARE', 1, 0],
        ['TST', 3, 1],
      ],
    );
    const { experiences, skills } = await catalog.reader.counts();
    assert.deepEqual([experiences, skills], [4, 1]);
    assert.equal((await catalog.reader.category('RARE'))?.name, 'rare');
    assert.equal(await catalog.reader.category('rare'), null);
  });
}

async function seed(catalog: CatalogFixture['catalog']): Promise<void> {
  const body = 'a word';
  await write(
    catalog,
    category('RARE'),
    experience(1, { body, author: 'bob', atMs: 1000 }),
    experience(2, { body, section: 'harmful', tags: ['a'], atMs: 2000 }),
    experience(3, { body, author: 'bob', tags: ['b', 'a'], atMs: 3000 }),
    experience(4, { body, categoryCode: 'RARE', atMs: 4000 }),
    skill(9, { body, atMs: 5000 }),
  );
}
