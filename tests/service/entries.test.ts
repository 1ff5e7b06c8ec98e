import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseRequest } from '../../src/service/contract/errors.ts';
import { readRequest } from '../../src/service/contract/read.ts';
import { searchRequest } from '../../src/service/contract/search.ts';
import { deleteRequest, updateRequest, writeRequest } from '../../src/service/contract/write.ts';
import { plainContext, type RequestContext } from '../../src/service/request-context.ts';
import { openServices, type OpenServices } from './support/open-services.ts';

let open: OpenServices;
beforeEach(async () => {
  open = await openServices();
});
afterEach(() => open.close());

const ada = plainContext('ada');
const bob = plainContext('bob');
const with_ = (more: Partial<RequestContext>): RequestContext => ({ ...ada, ...more });

const experience = (title: string, playbook: string, more: object = {}): object => ({
  entity_type: 'experience',
  category_code: 'API',
  data: { section: 'useful', title, playbook },
  ...more,
});
const write = (input: object, context = ada) => open.services.entries.write(parseRequest(writeRequest, input), context);
const update = (input: object, context = ada) => open.services.entries.update(parseRequest(updateRequest, input), context);
const remove = (input: object, context = ada) => open.services.entries.remove(parseRequest(deleteRequest, input), context);
const read = (input: object, context = ada) => open.services.entries.read(parseRequest(readRequest, input), context);
const search = (input: object, context = ada) => open.services.search.search(parseRequest(searchRequest, input), context);

const RETRY = experience('Retry uploads with the same key', 'Keep the idempotency key and wait for Retry-After.');
const CACHE = experience('Invalidate the cache after commit', 'Commit first, then drop the cached list.');

describe('writing', () => {
  test('what one client writes, another finds with its next search', async () => {
    const { entry_id, version, seq, entry } = await write(RETRY);
    expect(entry_id).toMatch(/^EXP-API-\d{14}-[0-9a-f]{16}$/);
    expect({ version, seq }).toEqual({ version: 1, seq: expect.stringMatching(/^\d+:1$/) });
    expect(entry).toMatchObject({ author: 'ada', source: 'local', embedding_status: 'embedded' });
    const found = await read({ entity_type: 'experience', query: 'idempotency key' }, bob);
    expect(found.entries[0]).toMatchObject({ id: entry_id, rank: 0, reason: 'hybrid_match', provider: 'flat', degraded: false });
  });

  test('a payload is checked before the category, and an unknown category is 404', async () => {
    await expect(write({ ...RETRY, category_code: 'NOPE' })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'There is no category "NOPE".' });
    expect(() => parseRequest(writeRequest, { ...experience('', 'x'), category_code: 'NOPE' })).toThrow('data.title');
  });

  test('fifty writes at once get fifty ids, in one dense feed', async () => {
    const writes = Array.from({ length: 50 }, (_, i) => write(experience(`Lesson number ${i}`, 'Say it once.', { duplicates: 'skip' })));
    const ids = (await Promise.all(writes)).map(({ entry_id }) => entry_id);
    expect(new Set(ids).size).toBe(50);
    const { changes } = await open.services.changes.page({ since: 0, limit: 1000 });
    expect(changes.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test('the same text again is stored, with the advice to review first', async () => {
    const first = await write(RETRY);
    const second = await write(RETRY);
    expect(first.duplicates).toBeUndefined();
    expect(second).toMatchObject({ success: true, recommendation: 'review_first' });
    expect(second.duplicates?.[0]).toMatchObject({ entity_id: first.entry_id, score: expect.closeTo(1, 3) });
    expect((await write({ ...RETRY, duplicates: 'skip' })).duplicates).toBeUndefined();
  });

  test('a ref and a skill name are unique', async () => {
    const skill = { entity_type: 'skill', category_code: 'API', data: { name: 'do-it', description: 'How', content: 'Just do.' } };
    await write({ ...RETRY, ref: 'r1' });
    await expect(write({ ...CACHE, ref: 'r1' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await write(skill);
    await expect(write(skill)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('idempotency', () => {
  const keyed = with_({ idempotencyKey: 'k1' });

  test('a repeated write stores once and answers the same, findings included', async () => {
    await write(RETRY);
    const [first, joined] = await Promise.all([write(RETRY, keyed), write(RETRY, keyed)]);
    const replayed = await write(RETRY, keyed);
    expect(joined).toEqual(first);
    expect(replayed).toEqual(first);
    expect(replayed.recommendation).toBe('review_first');
    expect((await open.services.search.health()).totals.experiences).toBe(2);
  });

  test('the same key for another request is a conflict; another owner may use it', async () => {
    const first = await write(RETRY, keyed);
    await expect(write(CACHE, keyed)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await write(RETRY, { ...bob, idempotencyKey: 'k1' })).entry_id).not.toBe(first.entry_id);
  });

  test('a repeated conditional update gets its answer although the version has moved on', async () => {
    const { entry_id } = await write(RETRY);
    const request = { entity_type: 'experience', entry_id, updates: { title: 'Newer' }, expected_version: 1 };
    const first = await update(request, keyed);
    expect(await update(request, keyed)).toEqual(first);
    expect(first.version).toBe(2);
  });

  test('a repeated delete gets its answer although the entry is gone', async () => {
    const { entry_id } = await write(RETRY);
    const first = await remove({ entity_type: 'experience', entry_id }, keyed);
    expect(await remove({ entity_type: 'experience', entry_id }, keyed)).toEqual(first);
  });
});

describe('updating', () => {
  test('changes what is found', async () => {
    const { entry_id } = await write(RETRY);
    await update({ entity_type: 'experience', entry_id, updates: { title: 'Zebra crossing', playbook: 'Look left.' } });
    const found = await read({ entity_type: 'experience', query: 'zebra', mode: 'text', fields: ['playbook'] });
    expect(found.entries).toMatchObject([{ id: entry_id, title: 'Zebra crossing', playbook: 'Look left.', version: 2, reason: 'text_match', provider: 'bm25' }]);
    expect((await read({ entity_type: 'experience', query: 'uploads', mode: 'text' })).entries).toEqual([]);
  });

  test('many at once on different fields all count', async () => {
    const { entry_id } = await write(RETRY);
    const updates = Array.from({ length: 10 }, (_, i) => [{ title: `Title ${i}` }, { playbook: `Playbook ${i}` }]).flat();
    await Promise.all(updates.map((fields) => update({ entity_type: 'experience', entry_id, updates: fields })));
    const { entry, version } = await open.services.entries.get(entry_id, ada);
    expect(version).toBe(1 + updates.length);
    expect(entry).toMatchObject({ title: expect.stringMatching(/^Title/), playbook: expect.stringMatching(/^Playbook/) });
  });

  test('with an expected version the second writer is told', async () => {
    const { entry_id } = await write(RETRY);
    const change = (title: string) => ({ entity_type: 'experience', entry_id, updates: { title } });
    await update(change('First'), with_({ expectedVersion: 1 }));
    await expect(update(change('Second'), with_({ expectedVersion: 1 }))).rejects.toMatchObject({ code: 'VERSION_MISMATCH' });
    await expect(remove({ entity_type: 'experience', entry_id, expected_version: 1 })).rejects.toMatchObject({ code: 'VERSION_MISMATCH' });
  });

  test('contextual needs force and a context', async () => {
    const { entry_id } = await write(RETRY);
    const to = (updates: object, more: object = {}) => update({ entity_type: 'experience', entry_id, updates, ...more });
    await expect(to({ section: 'contextual', context: { a: 1 } })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(to({ section: 'contextual' }, { force_contextual: true })).rejects.toMatchObject({ message: expect.stringContaining('updates.context') });
    const done = await to({ section: 'contextual', context: { a: 1 } }, { force_contextual: true });
    expect(done.entry).toMatchObject({ section: 'contextual', context: { a: 1 } });
    await expect(to({ context: null })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('an entry of another type, another category or none is 404', async () => {
    const { entry_id } = await write(RETRY);
    const updates = { tags: ['x'] };
    await expect(update({ entity_type: 'skill', entry_id, updates })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(update({ entity_type: 'experience', entry_id, updates, category_code: 'TST' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(update({ entity_type: 'experience', entry_id: 'EXP-none', updates })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(remove({ entity_type: 'skill', entry_id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('deleting', () => {
  test('the entry is never found again; its history stays', async () => {
    const { entry_id } = await write(RETRY);
    await remove({ entity_type: 'experience', entry_id });
    for (const mode of ['hybrid', 'vector', 'text']) {
      expect((await read({ entity_type: 'experience', query: 'retry uploads', mode })).entries).toEqual([]);
    }
    expect((await read({ entity_type: 'experience', ids: [entry_id] })).entries).toEqual([]);
    await expect(open.services.entries.get(entry_id, ada)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { history } = await open.services.entries.history(entry_id);
    expect(history.map(({ op }) => op)).toEqual(['create', 'delete']);
    await expect(open.services.entries.history('EXP-none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('reading', () => {
  test('by ids in the order asked, missing ones left out, no category needed', async () => {
    const a = await write(RETRY);
    const b = await write(CACHE);
    const { entries } = await read({ entity_type: 'experience', ids: [b.entry_id, 'EXP-none', a.entry_id] });
    expect(entries.map(({ id }) => id)).toEqual([b.entry_id, a.entry_id]);
    expect(entries[0]).toMatchObject({ reason: 'id_lookup', provider: 'direct', playbook_truncated: false });
    expect(entries[0]).not.toHaveProperty('playbook');
  });

  test("a category's list, newest first; other categories and types stay out", async () => {
    const a = await write(RETRY);
    const b = await write(CACHE);
    await write({ ...experience('Elsewhere', 'x'), category_code: 'TST' });
    const { entries } = await read({ entity_type: 'experience', category_code: 'API' });
    expect(entries.map(({ id }) => id)).toEqual([b.entry_id, a.entry_id]);
    expect((await read({ entity_type: 'skill', category_code: 'API' })).count).toBe(0);
    await expect(read({ entity_type: 'skill', category_code: 'NOPE' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('long bodies are previewed, and whole where asked for', async () => {
    await write(experience('Long', 'word '.repeat(300)));
    const [preview] = (await read({ entity_type: 'experience', category_code: 'API', snippet_len: 80 })).entries;
    expect(preview?.playbook_preview?.length).toBeLessThanOrEqual(81);
    expect(preview?.playbook_truncated).toBe(true);
    const [whole] = (await read({ entity_type: 'experience', category_code: 'API', fields: ['playbook', 'context'] })).entries;
    expect(whole).toMatchObject({ playbook: 'word '.repeat(300), context: null });
  });
});

describe('searching', () => {
  test('pages do not reorder each other, and together are the list', async () => {
    for (let i = 0; i < 12; i += 1) await write(experience(`Retry rule ${i}`, 'retry '.repeat(i + 1), { duplicates: 'skip' }));
    const whole = await search({ query: 'retry rule', limit: 12 });
    const pages = [await search({ query: 'retry rule', limit: 5 }), await search({ query: 'retry rule', limit: 5, offset: 5 }), await search({ query: 'retry rule', limit: 5, offset: 10 })];
    expect(pages.flatMap(({ results }) => results)).toEqual(whole.results);
    expect(pages.map(({ has_more, total }) => [has_more, total])).toEqual([[true, 12], [true, 12], [false, 12]]);
    expect(whole.results.map(({ rank }) => rank)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  test('filters by section, author, tags and dates; a filter nobody knows is named', async () => {
    const a = await write({ ...RETRY, tags: ['http', 'retry'] });
    await write({ ...experience('Retry blindly', 'Hammer it.'), data: { section: 'harmful', title: 'Retry blindly', playbook: 'Hammer it.' } }, bob);
    const ids = async (more: object) => (await search({ query: 'retry', ...more })).results.map(({ entity_id }) => entity_id);
    expect(await ids({ filters: { section: 'useful' } })).toEqual([a.entry_id]);
    expect(await ids({ filters: { author: 'ada' } })).toEqual([a.entry_id]);
    expect(await ids({ tags: ['http', 'retry'] })).toEqual([a.entry_id]);
    expect(await ids({ created_to: '2020-01-01' })).toEqual([]);
    expect(await ids({ types: ['skill'] })).toEqual([]);
    expect((await search({ query: 'retry', filters: { colour: 'red' } })).warnings).toEqual(['filters.colour is not a filter and was ignored.']);
  });

  test('min_score compares the score that results are ranked by', async () => {
    await write(RETRY);
    await write(CACHE);
    const all = await search({ query: 'retry uploads with the same key' });
    const least = all.results[0]!.score;
    const best = await search({ query: 'retry uploads with the same key', min_score: least });
    expect(best.results.map(({ score }) => score)).toEqual([least]);
    expect(best).toMatchObject({ total: 1, has_more: false, top_score: least });
  });

  test('a session moves what it has read down, or hides it', async () => {
    const a = await write(experience('Retry one', 'retry once'));
    const b = await write(experience('Retry two', 'retry once'));
    const session = with_({ sessionId: 's1' });
    const order = async (more: object = {}) => (await search({ query: 'retry once', ...more }, session)).results.map(({ entity_id }) => entity_id);
    expect(await order()).toEqual([a.entry_id, b.entry_id]);
    await read({ entity_type: 'experience', ids: [a.entry_id] }, session);
    expect(await order()).toEqual([b.entry_id, a.entry_id]);
    expect(await order({ downrank_viewed: false })).toEqual([a.entry_id, b.entry_id]);
    expect(await order({ hide_viewed: true })).toEqual([b.entry_id]);
    expect(open.services.sessions.get(session)).toMatchObject({ viewed_ids: [a.entry_id] });
    expect(() => open.services.sessions.get(ada)).toThrow('X-CHL-Session');
  });
});
