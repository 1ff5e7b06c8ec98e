import assert from 'node:assert/strict';
import {
  byId,
  done,
  embedded,
  experience,
  refused,
  remove,
  skill,
  stored,
  unembedded,
  update,
  wholeFeed,
  write,
  type CatalogTest,
} from './fixture.ts';

const key = { owner: 'agent', key: 'k-1', requestHash: 'h-1', extras: { duplicates: ['d'] } };
const HOUR_MS = 3_600_000;

export function replayTests(test: CatalogTest): void {
  test('a repeated request gets the same answer and writes nothing', async ({ catalog, reopen }) => {
    const first = await done(catalog, experience(1, { idempotency: key }));
    assert.deepEqual([first.replayed, first.extras], [false, key.extras]);
    const again = await reopen();
    const second = await done(again, experience(2, { idempotency: key }));
    assert.deepEqual(second, { ...first, change: null, replayed: true });
    assert.equal((await wholeFeed(again)).length, 1);
  });

  test('the same holds within one group, and for update and delete', async ({ catalog }) => {
    const [first, second] = await write(
      catalog,
      experience(1, { idempotency: key }),
      experience(1, { idempotency: key }),
    );
    assert.ok(first?.ok && second?.ok && second.replayed && first.entry !== null);
    const twice = { ...update(first.entry, { embedding: embedded(2) }), idempotency: { ...key, key: 'k-2' } };
    assert.equal((await done(catalog, twice)).entry?.version, 2);
    assert.equal((await done(catalog, twice)).entry?.version, 2);
    const gone = { ...remove(first.entry), idempotency: { ...key, key: 'k-3' } };
    await done(catalog, gone);
    assert.equal((await done(catalog, gone)).replayed, true);
  });

  test('a key with another request is refused, another owner’s key is another key', async ({ catalog }) => {
    await done(catalog, experience(1, { idempotency: key }));
    await refused(catalog, experience(2, { idempotency: { ...key, requestHash: 'h-2' } }), 'CONFLICT');
    await done(catalog, experience(3, { idempotency: { ...key, owner: 'other', requestHash: 'h-2' } }));
  });

  test('a refused request may be repeated with the same key once its cause is gone', async ({ catalog }) => {
    const attempt = experience(1, { categoryCode: 'LATER', idempotency: key });
    await refused(catalog, attempt, 'NOT_FOUND');
    await write(catalog, {
      kind: 'create-category',
      actor: 'a',
      atMs: 1,
      category: { code: 'LATER', name: 'later', description: 'l' },
    });
    assert.equal((await done(catalog, attempt)).replayed, false);
  });

  test('a key is forgotten after 24 hours', async ({ catalog }) => {
    const sentAt = 1_700_000_000_000;
    await done(catalog, experience(1, { idempotency: key, atMs: sentAt }));
    const replay = await done(catalog, experience(1, { idempotency: key, atMs: sentAt + 23 * HOUR_MS }));
    assert.equal(replay.replayed, true);
    const fresh = experience(2, { idempotency: { ...key, requestHash: 'new' }, atMs: sentAt + 24 * HOUR_MS });
    assert.equal((await done(catalog, fresh)).replayed, false);
  });

  test('an import updates by ref, and an equal one changes nothing', async ({ catalog }) => {
    const line = (title: string, embedding = embedded(1)) =>
      experience(1, { ref: 'doc/1', title, tags: ['t'], onRef: 'update', embedding });
    const first = await done(catalog, line('one'));
    assert.equal(first.created, true);

    const repeated = { ...line('one'), entry: { ...line('one').entry, id: 'EXP-TST-OTHER' } };
    const same = await done(catalog, repeated);
    assert.deepEqual([same.created, same.change, same.entryId], [false, null, first.entryId]);
    assert.equal((await wholeFeed(catalog)).length, 1);

    const changed = await done(catalog, line('two', embedded(2)));
    assert.deepEqual([changed.created, changed.entry?.version, changed.entryId], [false, 2, first.entryId]);
    assert.equal(changed.entry?.vectorId, changed.seq);
    assert.equal((await catalog.reader.entriesByRefs(['none', 'doc/1']))[0]?.id, first.entryId);

    const moved = line('two', embedded(2));
    await done(catalog, { ...moved, entry: { ...moved.entry, categoryCode: 'DOC' } });
    assert.equal((await byId(catalog, first.entryId ?? ''))?.categoryCode, 'DOC');
  });

  test('an import may not turn an experience into a skill', async ({ catalog }) => {
    await done(catalog, experience(1, { ref: 'r' }));
    await refused(catalog, skill(2, { ref: 'r', onRef: 'update' }), 'CONFLICT');
  });

  test('an update of a waiting entry waits at the end of the queue, once', async ({ catalog }) => {
    const first = await stored(catalog, experience(1, { embedding: unembedded(1) }));
    await stored(catalog, update(first, { data: { title: 'new' }, embedding: unembedded(2) }));
    assert.deepEqual((await catalog.reader.counts()).embedding, { pending: 1, embedded: 0, failed: 0 });
  });
}
