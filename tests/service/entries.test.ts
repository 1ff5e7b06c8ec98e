import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseRequest } from '../../src/service/contract/errors.ts';
import { writeRequest } from '../../src/service/contract/write.ts';
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

describe('writing', () => {
  test('what one client writes, another finds with its next search', async () => {
    const { entry_id, version, seq, entry } = await client.write(RETRY);
    expect(entry_id).toMatch(/^EXP-API-\d{14}-[0-9a-f]{16}$/);
    expect({ version, seq }).toEqual({ version: 1, seq: expect.stringMatching(/^\d+:1$/) });
    expect(entry).toMatchObject({ author: 'ada', source: 'local', embedding_status: 'embedded' });
    const found = await client.read({ entity_type: 'experience', query: 'idempotency key' }, bob);
    expect(found.entries[0]).toMatchObject({
      id: entry_id,
      rank: 0,
      reason: 'hybrid_match',
      provider: 'flat',
      degraded: false,
    });
  });

  test('a payload is checked before the category, and an unknown category is 404', async () => {
    await expect(client.write({ ...RETRY, category_code: 'NOPE' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no category "NOPE".',
    });
    expect(() => parseRequest(writeRequest, { ...experience('', 'x'), category_code: 'NOPE' })).toThrow(
      'data.title',
    );
  });

  test('fifty writes at once get fifty ids, in one dense feed', async () => {
    const writes = Array.from({ length: 50 }, (_, i) =>
      client.write(experience(`Lesson number ${i}`, 'Say it once.', { duplicates: 'skip' })),
    );
    const ids = (await Promise.all(writes)).map(({ entry_id }) => entry_id);
    expect(new Set(ids).size).toBe(50);
    const { changes } = await open.services.changes.page({ since: '0', limit: 1000 });
    expect(changes.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test('the same text again is stored, with the advice to review first', async () => {
    const first = await client.write(RETRY);
    const second = await client.write(RETRY);
    expect(first.duplicates).toBeUndefined();
    expect(second).toMatchObject({ success: true, recommendation: 'review_first' });
    expect(second.duplicates?.[0]).toMatchObject({ entity_id: first.entry_id, score: expect.closeTo(1, 3) });
    expect((await client.write({ ...RETRY, duplicates: 'skip' })).duplicates).toBeUndefined();
  });

  test('a ref and a skill name are unique', async () => {
    const skill = {
      entity_type: 'skill',
      category_code: 'API',
      data: { name: 'do-it', description: 'How', content: 'Just do.' },
    };
    await client.write({ ...RETRY, ref: 'r1' });
    await expect(client.write({ ...CACHE, ref: 'r1' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await client.write(skill);
    await expect(client.write(skill)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('idempotency', () => {
  const keyed = asAda({ idempotencyKey: 'k1' });

  test('a repeated write stores once and answers the same, findings included', async () => {
    await client.write(RETRY);
    const [first, joined] = await Promise.all([client.write(RETRY, keyed), client.write(RETRY, keyed)]);
    const replayed = await client.write(RETRY, keyed);
    expect(joined).toEqual(first);
    expect(replayed).toEqual(first);
    expect(replayed.recommendation).toBe('review_first');
    expect((await open.services.search.health()).totals.experiences).toBe(2);
  });

  test('the same key for another request is a conflict; another owner may use it', async () => {
    const first = await client.write(RETRY, keyed);
    await expect(client.write(CACHE, keyed)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await client.write(RETRY, { ...bob, idempotencyKey: 'k1' })).entry_id).not.toBe(first.entry_id);
  });

  test('a repeated conditional update gets its answer although the version has moved on', async () => {
    const { entry_id } = await client.write(RETRY);
    const request = { entity_type: 'experience', entry_id, updates: { title: 'Newer' }, expected_version: 1 };
    const first = await client.update(request, keyed);
    expect(await client.update(request, keyed)).toEqual(first);
    expect(first.version).toBe(2);
  });

  test('a repeated delete gets its answer although the entry is gone', async () => {
    const { entry_id } = await client.write(RETRY);
    const first = await client.remove({ entity_type: 'experience', entry_id }, keyed);
    expect(await client.remove({ entity_type: 'experience', entry_id }, keyed)).toEqual(first);
  });
});

describe('updating', () => {
  test('changes what is found', async () => {
    const { entry_id } = await client.write(RETRY);
    await client.update({
      entity_type: 'experience',
      entry_id,
      updates: { title: 'Zebra crossing', playbook: 'Look left.' },
    });
    const found = await client.read({
      entity_type: 'experience',
      query: 'zebra',
      mode: 'text',
      fields: ['playbook'],
    });
    expect(found.entries).toMatchObject([
      {
        id: entry_id,
        title: 'Zebra crossing',
        playbook: 'Look left.',
        version: 2,
        reason: 'text_match',
        provider: 'bm25',
      },
    ]);
    expect(
      (await client.read({ entity_type: 'experience', query: 'uploads', mode: 'text' })).entries,
    ).toEqual([]);
  });

  test('many at once on different fields all count', async () => {
    const { entry_id } = await client.write(RETRY);
    const updates = Array.from({ length: 10 }, (_, i) => [
      { title: `Title ${i}` },
      { playbook: `Playbook ${i}` },
    ]).flat();
    await Promise.all(
      updates.map((fields) => client.update({ entity_type: 'experience', entry_id, updates: fields })),
    );
    const { entry, version } = await open.services.entries.get(entry_id, ada);
    expect(version).toBe(1 + updates.length);
    expect(entry).toMatchObject({
      title: expect.stringMatching(/^Title/),
      playbook: expect.stringMatching(/^Playbook/),
    });
  });

  test('with an expected version the second writer is told', async () => {
    const { entry_id } = await client.write(RETRY);
    const change = (title: string) => ({ entity_type: 'experience', entry_id, updates: { title } });
    await client.update(change('First'), asAda({ expectedVersion: 1 }));
    await expect(client.update(change('Second'), asAda({ expectedVersion: 1 }))).rejects.toMatchObject({
      code: 'VERSION_MISMATCH',
    });
    await expect(
      client.remove({ entity_type: 'experience', entry_id, expected_version: 1 }),
    ).rejects.toMatchObject({
      code: 'VERSION_MISMATCH',
    });
  });

  test('contextual needs force and a context', async () => {
    const { entry_id } = await client.write(RETRY);
    const to = (updates: object, more: object = {}) =>
      client.update({ entity_type: 'experience', entry_id, updates, ...more });
    await expect(to({ section: 'contextual', context: { a: 1 } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect(to({ section: 'contextual' }, { force_contextual: true })).rejects.toMatchObject({
      message: expect.stringContaining('updates.context'),
    });
    const done = await to({ section: 'contextual', context: { a: 1 } }, { force_contextual: true });
    expect(done.entry).toMatchObject({ section: 'contextual', context: { a: 1 } });
    await expect(to({ context: null })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('an entry of another type, another category or none is 404', async () => {
    const { entry_id } = await client.write(RETRY);
    const updates = { tags: ['x'] };
    await expect(client.update({ entity_type: 'skill', entry_id, updates })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(
      client.update({ entity_type: 'experience', entry_id, updates, category_code: 'TST' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(
      client.update({ entity_type: 'experience', entry_id: 'EXP-none', updates }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(client.remove({ entity_type: 'skill', entry_id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('deleting', () => {
  test('the entry is never found again; its history stays', async () => {
    const { entry_id } = await client.write(RETRY);
    await client.remove({ entity_type: 'experience', entry_id });
    for (const mode of ['hybrid', 'vector', 'text']) {
      expect(
        (await client.read({ entity_type: 'experience', query: 'retry uploads', mode })).entries,
      ).toEqual([]);
    }
    expect((await client.read({ entity_type: 'experience', ids: [entry_id] })).entries).toEqual([]);
    await expect(open.services.entries.get(entry_id, ada)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { history } = await open.services.entries.history(entry_id);
    expect(history.map(({ op }) => op)).toEqual(['create', 'delete']);
    await expect(open.services.entries.history('EXP-none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('reading', () => {
  test('by ids in the order asked, missing ones left out, no category needed', async () => {
    const a = await client.write(RETRY);
    const b = await client.write(CACHE);
    const { entries } = await client.read({
      entity_type: 'experience',
      ids: [b.entry_id, 'EXP-none', a.entry_id],
    });
    expect(entries.map(({ id }) => id)).toEqual([b.entry_id, a.entry_id]);
    expect(entries[0]).toMatchObject({ reason: 'id_lookup', provider: 'direct', playbook_truncated: false });
    expect(entries[0]).not.toHaveProperty('playbook');
  });

  test("a category's list, newest first; other categories and types stay out", async () => {
    const a = await client.write(RETRY);
    const b = await client.write(CACHE);
    await client.write({ ...experience('Elsewhere', 'x'), category_code: 'TST' });
    const { entries } = await client.read({ entity_type: 'experience', category_code: 'API' });
    expect(entries.map(({ id }) => id)).toEqual([b.entry_id, a.entry_id]);
    expect((await client.read({ entity_type: 'skill', category_code: 'API' })).count).toBe(0);
    await expect(client.read({ entity_type: 'skill', category_code: 'NOPE' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('long bodies are previewed, and whole where asked for', async () => {
    await client.write(experience('Long', 'word '.repeat(300)));
    const [preview] = (
      await client.read({ entity_type: 'experience', category_code: 'API', snippet_len: 80 })
    ).entries;
    expect(preview?.playbook_preview?.length).toBeLessThanOrEqual(81);
    expect(preview?.playbook_truncated).toBe(true);
    const [whole] = (
      await client.read({ entity_type: 'experience', category_code: 'API', fields: ['playbook', 'context'] })
    ).entries;
    expect(whole).toMatchObject({ playbook: 'word '.repeat(300), context: null });
  });
});
