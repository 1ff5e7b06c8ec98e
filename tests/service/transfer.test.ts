import { existsSync, createReadStream, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/ports/runtime.ts';
import type { ImportResultLine } from '../../src/service/contract/write.ts';
import { plainContext } from '../../src/service/request-context.ts';
import { openServices, type OpenServices } from './support/open-services.ts';
import { systemClock } from './support/runtime.ts';

let open: OpenServices;
beforeEach(async () => {
  open = await openServices();
});
afterEach(() => open.close());

const ada = plainContext('ada');

async function* lines(...values: readonly (object | string)[]): AsyncGenerator<string> {
  for (const value of values) yield typeof value === 'string' ? value : JSON.stringify(value);
}

async function collect<T>(groups: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const group of groups) all.push(...group);
  return all;
}

const importAll = (source: AsyncIterable<string>): Promise<ImportResultLine[]> =>
  collect(open.services.transfer.importLines(source, ada));

const line = (ref: string, title = `Title of ${ref}`): object => ({
  entity_type: 'experience',
  category_code: 'API',
  data: { section: 'useful', title, playbook: 'Do this.' },
  ref,
});

describe('import', () => {
  test('by ref it creates, updates and leaves alone: a broken import is sent again', async () => {
    const first = await importAll(lines(line('a'), line('b')));
    expect(first.map(({ status }) => status)).toEqual(['created', 'created']);
    const again = await importAll(lines(line('a'), line('b', 'Another title'), line('c')));
    expect(again.map(({ status }) => status)).toEqual(['unchanged', 'updated', 'created']);
    expect(again[1]).toMatchObject({
      line: 2,
      ref: 'b',
      version: 2,
      entry_id: (first[1] as { entry_id: string }).entry_id,
    });
    expect((await open.services.search.health()).totals.experiences).toBe(3);
  });

  test('a line that is wrong gets its reason, in its place; the others are stored', async () => {
    const results = await importAll(
      lines(
        '{"broken',
        line('a'),
        '',
        { ...line('b'), category_code: 'NOPE' },
        { ...line('c'), entity_type: 'manual' },
        line('d'),
      ),
    );
    expect(results).toMatchObject([
      {
        line: 1,
        status: 'error',
        ref: null,
        error: { code: 'INVALID_ARGUMENT', message: 'The line is not valid JSON.' },
      },
      { line: 2, status: 'created', ref: 'a' },
      { line: 4, status: 'error', ref: 'b', error: { code: 'NOT_FOUND' } },
      {
        line: 5,
        status: 'error',
        ref: 'c',
        error: { message: expect.stringContaining('"manual" is now "skill"') },
      },
      { line: 6, status: 'created', ref: 'd' },
    ]);
  });

  test('lines of one ref take effect in their order, also across batches', async () => {
    const titles = Array.from({ length: 400 }, (_, number) => `Title ${number}`);
    const results = await importAll(lines(...titles.map((title) => line('same', title))));
    expect(results.map((result) => 'version' in result && result.version)).toEqual(
      titles.map((_, number) => number + 1),
    );
    const [entry, ...others] = await collect(open.services.transfer.exportPages());
    expect(others).toEqual([]);
    expect(entry?.data['title']).toBe('Title 399');
  });

  test('input that breaks off is answered for as far as it came, whatever was under way', async () => {
    async function* torn(): AsyncGenerator<string> {
      for (let number = 0; number < 300; number += 1) yield JSON.stringify(line(`r${number}`));
      throw new Error('torn');
    }
    const results: ImportResultLine[] = [];
    const reading = (async () => {
      for await (const batch of open.services.transfer.importLines(torn(), ada)) results.push(...batch);
    })();
    await expect(reading).rejects.toThrow('torn');
    expect(results.map(({ line: number }) => number)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    expect((await open.services.search.health()).totals.experiences).toBe(300);
  });

  test('reading gives way to requests when its slice is used up, between any two lines', async () => {
    let nowMs = 0;
    let turns = 0;
    // Every look at this clock finds a slice used up.
    const clock: Clock = {
      ...systemClock,
      monotonicMs: () => (nowMs += 10),
      setTimer: (callback, delayMs) => {
        if (delayMs === 0) turns += 1;
        return systemClock.setTimer(callback, delayMs);
      },
    };
    const slow = await openServices({ clock });
    try {
      await slow.services.start();
      const source = lines(...Array.from({ length: 200 }, (_, number) => line(`r${number}`)));
      const results = await collect(slow.services.transfer.importLines(source, ada));
      expect(results.map(({ line: number }) => number)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
      expect(turns).toBe(200);
    } finally {
      await slow.close();
    }
  });

  test('a slow reader slows the import down: a batch ahead is read, no more', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<string> {
      for (;;) yield JSON.stringify(line(`r${(read += 1)}`));
    }
    const results = open.services.transfer.importLines(endless(), ada);
    const first = ((await results.next()) as IteratorYieldResult<readonly ImportResultLine[]>).value;
    expect(first.map(({ line: number }) => number)).toEqual(Array.from({ length: 128 }, (_, i) => i + 1));
    expect(first[0]).toMatchObject({ line: 1, status: 'created' });
    expect(read).toBe(2 * 128);
    await results.return(undefined);
    expect(read).toBe(2 * 128);
  });
});

describe('export', () => {
  test('what one service exports, another imports, with author and all', async () => {
    await importAll(lines(line('a'), { ...line('b'), tags: ['x'] }));
    const skill = {
      name: 'do-it',
      description: 'How',
      content: 'Just do.',
      metadata: { a: [1, null] },
      allowed_tools: ['Bash'],
    };
    await importAll(lines({ entity_type: 'skill', category_code: 'TST', data: skill, ref: 's' }));
    const exported = await collect(open.services.transfer.exportPages());
    const other = await openServices();
    const results = await collect(
      other.services.transfer.importLines(lines(...exported), plainContext('bob')),
    );
    expect(results.map(({ status }) => status)).toEqual(['created', 'created', 'created']);
    const copied = await collect(other.services.transfer.exportPages());
    const content = ({ data, tags, ref, author, source }: (typeof exported)[number]) => ({
      data,
      tags,
      ref,
      author,
      source,
    });
    expect(copied.map(content)).toEqual(exported.map(content));
    await other.close();
  });

  test('as one object it has experiences and skills apart', async () => {
    await importAll(
      lines(line('a'), {
        entity_type: 'skill',
        category_code: 'TST',
        data: { name: 'x', description: 'y', content: 'z' },
      }),
    );
    const { experiences, skills, count } = await open.services.transfer.exportAll();
    expect({ count, experiences: experiences.length, skills: skills.length }).toEqual({
      count: 2,
      experiences: 1,
      skills: 1,
    });
  });

  test('pages meet without a gap or a double', async () => {
    const small = await openServices({ options: { exportPageEntries: 7 } });
    await collect(
      small.services.transfer.importLines(lines(...Array.from({ length: 21 }, (_, i) => line(`r${i}`))), ada),
    );
    const refs = (await collect(small.services.transfer.exportPages())).map(({ ref }) => ref);
    expect(refs).toEqual(Array.from({ length: 21 }, (_, i) => `r${i}`));
    await small.close();
  });
});

const data = resolve(import.meta.dirname, '../..', process.env['CHL_TEST_DATA'] ?? '../shared/data');
const experiences = join(data, 'experiences.ndjson');

describe.skipIf(!existsSync(experiences))(
  'real entries (CHL_TEST_DATA; skipped where they are absent)',
  () => {
    test('all are imported, and a second import finds nothing to do', async () => {
      const categories = JSON.parse(readFileSync(join(data, 'categories.json'), 'utf8')) as {
        code: string;
        name: string;
        description: string;
      }[];
      const { categories: seeded } = await open.services.categories.list();
      const missing = categories.filter(({ code }) => seeded.every((known) => known.code !== code));
      for (const category of missing) await open.services.categories.create(category, ada);
      const source = (): AsyncIterable<string> => createInterface({ input: createReadStream(experiences) });
      const first = await importAll(source());
      expect(first.filter(({ status }) => status !== 'created')).toEqual([]);
      const second = await importAll(source());
      expect(second.filter(({ status }) => status !== 'unchanged')).toEqual([]);
      expect((await open.services.index.status()).index_size).toBe(first.length);
    }, 60_000);
  },
);
