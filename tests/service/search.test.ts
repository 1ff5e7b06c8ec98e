import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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
