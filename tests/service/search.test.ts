import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IndexCollection } from '../../src/core/ports/index-host.ts';
import type { RequestContext } from '../../src/service/request-context.ts';
import { CACHE, Client, RETRY, ada, bob, experience } from './support/client.ts';
import { openServices, type OpenServices } from './support/open-services.ts';

let open: OpenServices;
let client: Client;
beforeEach(async () => {
  open = await openServices();
  client = new Client(open.services);
});
afterEach(() => open.close());

const asAda = (more: Partial<RequestContext>): RequestContext => ({ ...ada, ...more });

describe('searching', () => {
  test('pages do not reorder each other, and together are the list', async () => {
    for (let i = 0; i < 12; i += 1)
      await client.write(experience(`Retry rule ${i}`, 'retry '.repeat(i + 1), { duplicates: 'skip' }));
    const whole = await client.search({ query: 'retry rule', limit: 12 });
    const pages = [
      await client.search({ query: 'retry rule', limit: 5 }),
      await client.search({ query: 'retry rule', limit: 5, offset: 5 }),
      await client.search({ query: 'retry rule', limit: 5, offset: 10 }),
    ];
    expect(pages.flatMap(({ results }) => results)).toEqual(whole.results);
    expect(pages.map(({ has_more, total }) => [has_more, total])).toEqual([
      [true, 12],
      [true, 12],
      [false, 12],
    ]);
    expect(whole.results.map(({ rank }) => rank)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  test('filters by section, author, tags and dates; a filter nobody knows is named', async () => {
    const a = await client.write({ ...RETRY, tags: ['http', 'retry'] });
    await client.write(
      {
        ...experience('Retry blindly', 'Hammer it.'),
        data: { section: 'harmful', title: 'Retry blindly', playbook: 'Hammer it.' },
      },
      bob,
    );
    const ids = async (more: object) =>
      (await client.search({ query: 'retry', ...more })).results.map(({ entity_id }) => entity_id);
    expect(await ids({ filters: { section: 'useful' } })).toEqual([a.entry_id]);
    expect(await ids({ filters: { author: 'ada' } })).toEqual([a.entry_id]);
    expect(await ids({ tags: ['http', 'retry'] })).toEqual([a.entry_id]);
    expect(await ids({ created_to: '2020-01-01' })).toEqual([]);
    expect(await ids({ types: ['skill'] })).toEqual([]);
    expect((await client.search({ query: 'retry', filters: { colour: 'red' } })).warnings).toEqual([
      'filters.colour is not a filter and was ignored.',
    ]);
  });

  test('min_score compares the score that results are ranked by', async () => {
    await client.write(RETRY);
    await client.write(CACHE);
    const all = await client.search({ query: 'retry uploads with the same key' });
    const least = all.results[0]!.score;
    const best = await client.search({ query: 'retry uploads with the same key', min_score: least });
    expect(best.results.map(({ score }) => score)).toEqual([least]);
    expect(best).toMatchObject({ total: 1, has_more: false, top_score: least });
  });

  test('a session moves what it has read down, or hides it', async () => {
    const a = await client.write(experience('Retry one', 'retry once'));
    const b = await client.write(experience('Retry two', 'retry once'));
    const session = asAda({ sessionId: 's1' });
    const order = async (more: object = {}) =>
      (await client.search({ query: 'retry once', ...more }, session)).results.map(
        ({ entity_id }) => entity_id,
      );
    expect(await order()).toEqual([a.entry_id, b.entry_id]);
    await client.read({ entity_type: 'experience', ids: [a.entry_id] }, session);
    expect(await order()).toEqual([b.entry_id, a.entry_id]);
    expect(await order({ downrank_viewed: false })).toEqual([a.entry_id, b.entry_id]);
    expect(await order({ hide_viewed: true })).toEqual([b.entry_id]);
    expect(open.services.sessions.get(session)).toMatchObject({ viewed_ids: [a.entry_id] });
    expect(() => open.services.sessions.get(ada)).toThrow('X-CHL-Session');
  });
});

describe('what leaves the index', () => {
  /** How many hits each search asked the index for. */
  let asked: number[];
  /** While set, the index does not learn of changes. */
  let isDeaf: boolean;

  const overheard = (collection: IndexCollection): IndexCollection => ({
    searchable: collection.searchable,
    opened: collection.opened,
    get state() {
      return collection.state;
    },
    apply: async (batch) => (isDeaf ? undefined : collection.apply(batch)),
    search: (query) => {
      asked.push(query.limit);
      return collection.search(query);
    },
    save: () => collection.save(),
    rebuild: () => collection.rebuild(),
    status: () => collection.status(),
    close: () => collection.close(),
  });

  beforeEach(async () => {
    asked = [];
    isDeaf = false;
    await open.close();
    // As with replicas, the database has the last word on every hit.
    open = await openServices({ wrap: overheard, replicaPollMs: 60_000 });
    client = new Client(open.services);
  });

  const writeSix = async () => {
    const written = [];
    for (let i = 0; i < 6; i += 1)
      written.push(
        await client.write(experience(`Retry ${i}`, 'retry '.repeat(i + 1), { duplicates: 'skip' })),
      );
    return written.map(({ entry_id }) => entry_id);
  };
  const search = (more: object = {}, context: RequestContext = ada) =>
    client.search({ query: 'retry', limit: 2, ...more }, context);

  test('is the page and what lies before it; the total counts the rest', async () => {
    await writeSix();
    expect(await search()).toMatchObject({ count: 2, total: 6, has_more: true });
    expect(await search({ offset: 2 })).toMatchObject({ count: 2, total: 6, has_more: true });
    expect(await search({ offset: 4 })).toMatchObject({ count: 2, total: 6, has_more: false });
    expect(asked).toEqual([2, 4, 6]);
  });

  test('is the whole list where a least score or the session changes it', async () => {
    const ids = await writeSix();
    const session = asAda({ sessionId: 's1' });
    await client.read({ entity_type: 'experience', ids: [ids[0]!] }, session);
    expect(await search({ min_score: 0.001 })).toMatchObject({ total: 6 });
    expect(await search({ hide_viewed: true }, session)).toMatchObject({ total: 5, session_applied: true });
    expect(await search({ downrank_viewed: false }, session)).toMatchObject({ total: 6 });
    expect(asked).toEqual([50, 50, 2]);
  });

  test('is asked for again, all of it, when entries of the page have died meanwhile', async () => {
    const ids = await writeSix();
    const all = (await search({ limit: 6 })).results.map(({ entity_id }) => entity_id);
    expect(all.toSorted()).toEqual(ids.toSorted());
    isDeaf = true;
    for (const entity_id of all.slice(0, 3))
      await client.remove({ entity_type: 'experience', category_code: 'API', entry_id: entity_id });
    asked = [];
    const left = await search({ limit: 3 });
    expect(left.results.map(({ entity_id }) => entity_id)).toEqual(all.slice(3));
    expect(left).toMatchObject({ count: 3, total: 6 });
    expect(asked).toEqual([3, 50]);
  });
});
