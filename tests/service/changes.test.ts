import { afterEach, beforeEach, expect, test } from 'vitest';
import { ChangeFeed } from '../../src/service/change-feed.ts';
import { parseRequest } from '../../src/service/contract/errors.ts';
import { writeRequest } from '../../src/service/contract/write.ts';
import { plainContext } from '../../src/service/request-context.ts';
import { SeqTokens } from '../../src/service/seq-token.ts';
import { openServices, type OpenServices } from './support/open-services.ts';
import { ManualClock } from './support/runtime.ts';

let open: OpenServices;
let clock: ManualClock;
beforeEach(async () => {
  clock = new ManualClock();
  open = await openServices({ clock });
});
afterEach(() => open.close());

const ada = plainContext('ada');
const write = (title: string) =>
  open.services.entries.write(
    parseRequest(writeRequest, {
      entity_type: 'experience',
      category_code: 'API',
      data: { section: 'useful', title, playbook: 'Do this.' },
      duplicates: 'skip',
    }),
    ada,
  );

test('pages are complete and in order', async () => {
  for (const title of ['a', 'b', 'c']) await write(title);
  const first = await open.services.changes.page({ since: '0', limit: 2 });
  expect(first).toMatchObject({
    count: 2,
    next_since: 2,
    has_more: true,
    changes: [{ seq: 1, op: 'create' }, { seq: 2 }],
  });
  expect(await open.services.changes.page({ since: '2', limit: 2 })).toMatchObject({
    count: 1,
    next_since: 3,
    has_more: false,
  });
  expect(await open.services.changes.page({ since: '3', limit: 2 })).toMatchObject({
    count: 0,
    next_since: 3,
  });
});

test('a reader from before a restore is told so; one of this epoch goes on', async () => {
  for (const title of ['a', 'b']) await write(title);
  const { epoch } = await open.services.changes.page({ since: '0', limit: 1 });
  expect(await open.services.changes.page({ since: `${epoch}:1`, limit: 2 })).toMatchObject({
    next_since: 2,
  });
  await expect(open.services.changes.page({ since: `${epoch + 1}:1`, limit: 2 })).rejects.toMatchObject({
    code: 'GONE',
    hint: expect.stringContaining('since=0'),
  });
});

test('who waits hears of the next commit, and a change that came first is not missed', async () => {
  const { signal } = new AbortController();
  const heard = open.services.changes.next(0, signal);
  await write('a');
  await heard;
  await open.services.changes.next(0, signal);
  expect(clock.timers).toBe(0);
});

test('for changes of other processes one looks now and then, for all who wait', async () => {
  let looks = 0;
  const { reader } = open.catalog;
  // Of a process that commits nothing itself, so no bell rings in it.
  const feed = new ChangeFeed({
    reader: {
      changes: (after, limit) => reader.changes(after, limit),
      horizon: () => {
        looks += 1;
        return reader.horizon();
      },
    },
    seqTokens: new SeqTokens(reader),
    clock,
    pollMs: 500,
  });
  const heard = Promise.all(Array.from({ length: 100 }, () => feed.next(0, new AbortController().signal)));
  expect(clock.timers).toBe(1);
  await write('a');
  clock.advance(500);
  await heard;
  expect(looks).toBe(1);
  expect(clock.timers).toBe(0);
});

test('who leaves leaves nothing behind', async () => {
  const client = new AbortController();
  const heard = open.services.changes.next(0, client.signal);
  expect(clock.timers).toBe(1);
  client.abort();
  await heard;
  expect(clock.timers).toBe(0);
});

test('category counts follow every write at once', async () => {
  const api = async () =>
    (await open.services.categories.list()).categories.find(({ code }) => code === 'API');
  expect(await api()).toMatchObject({ total_count: 0 });
  await write('a');
  expect(await api()).toMatchObject({ experience_count: 1, skill_count: 0, total_count: 1 });
});

test('a new category is there for the next write; a known code is a conflict', async () => {
  const category = { code: 'QUE', name: 'queues', description: 'Queues.' };
  expect(await open.services.categories.create(category, ada)).toMatchObject({
    category: { code: 'QUE', total_count: 0 },
  });
  await expect(open.services.categories.create(category, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect((await open.services.categories.list()).categories.map(({ code }) => code)).toContain('QUE');
});

test('the index can be saved and rebuilt by hand, and says what it holds', async () => {
  await write('a');
  expect(await open.services.index.status()).toMatchObject({
    status: 'available',
    index_size: 1,
    model_name: 'hash',
    dimension: 384,
    save_policy: 'immediate',
    last_seq: 1,
  });
  expect(await open.services.index.rebuild(ada)).toMatchObject({ status: 'success', vectors_count: 1 });
  expect(await open.services.index.save(ada)).toMatchObject({ status: 'success', seq: 1 });
  const [one, two] = await Promise.all([
    open.services.index.startRebuild(ada),
    open.services.index.startRebuild(ada),
  ]);
  expect(one.job.id).toBe(two.job.id);
});
