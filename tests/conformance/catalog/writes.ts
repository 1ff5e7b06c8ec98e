import assert from 'node:assert/strict';
import { SEEDED_CATEGORIES } from '../../../src/core/categories.ts';
import { asSeq, asVectorId } from '../../../src/core/ids.ts';
import type { WriteOperation } from '../../../src/core/ports/catalog.ts';
import {
  byId,
  category,
  done,
  embed,
  embedded,
  experience,
  FINGERPRINT,
  refused,
  remove,
  skill,
  stored,
  unembedded,
  update,
  vectorOf,
  wholeFeed,
  write,
  type CatalogTest,
} from './fixture.ts';

export function writeTests(test: CatalogTest): void {
  test('a fresh database has the seeded categories and nothing else', async ({ catalog }) => {
    const codes = (await catalog.reader.categories()).map(({ code }) => code);
    assert.deepEqual(codes, SEEDED_CATEGORIES.map(({ code }) => code).toSorted());
    assert.equal((await catalog.reader.horizon()).seq, 0);
    assert.match((await catalog.reader.identity()).databaseUuid, /^[0-9a-f]{32}$/);
  });

  test('what a write answers is what a reader reads, for both types', async ({ catalog, reopen }) => {
    const context: unknown = JSON.parse('{"deep": [{"z": 1, "a": "ü 漢字 😀"}], "__proto__": {"x": 1}}');
    const operation = experience(1, { tags: ['b', 'a'], ref: 'r/1' });
    const first = await stored(catalog, {
      ...operation,
      entry: { ...operation.entry, data: { ...operation.entry.data, context } } as typeof operation.entry,
    });
    const second = await stored(
      catalog,
      skill(2, { data: { metadata: { v: [1, null] }, allowed_tools: ['x'], license: 'MIT' } }),
    );
    assert.deepEqual(await catalog.reader.entriesByIds([second.id, 'EXP-NONE', first.id]), [second, first]);
    const again = await reopen();
    assert.deepEqual(await again.reader.entriesByKeys([first.key, second.key]), [first, second]);
  });

  test('a vector is named by the change that made it', async ({ catalog }) => {
    const outcome = await done(catalog, experience(1));
    assert.equal(outcome.entry?.vectorId, outcome.seq);
    assert.equal(outcome.entry?.seq, outcome.seq);
    assert.deepEqual(outcome.change?.vector, vectorOf(1));
    assert.deepEqual(outcome.change?.document?.text, { heading: 'title 1', body: 'playbook 1' });
  });

  test('views of one large batch can be written, and stay with the caller', async ({
    catalog,
    openSource,
  }) => {
    const batch = Float32Array.from({ length: 8 }, (_, index) => index);
    const operation = (number: number, offset: number) =>
      experience(number, {
        embedding: { ...embedded(number), vector: batch.subarray(offset, offset + 4) } as never,
      });
    await write(catalog, operation(1, 0), operation(2, 4));
    assert.equal(batch.length, 8);
    const source = await openSource(FINGERPRINT);
    const { vectors } = await source.vectors([asVectorId(2), asVectorId(1)]);
    await source.close();
    assert.deepEqual(vectors, batch);
  });

  test('a refused operation leaves its neighbours alone and no gap in the feed', async ({ catalog }) => {
    const report = await catalog.writer.commit([
      experience(1),
      experience(1),
      experience(2, { categoryCode: 'NOPE' }),
      skill(3),
      skill(4, { data: { name: 'skill-3' } }),
      experience(5, { ref: 'x' }),
      experience(6, { ref: 'x' }),
      category('TST'),
      category('NEW'),
      experience(7, { categoryCode: 'NEW' }),
    ]);
    const codes = report.outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code));
    assert.deepEqual(codes, [
      'ok',
      'CONFLICT',
      'NOT_FOUND',
      'ok',
      'CONFLICT',
      'ok',
      'CONFLICT',
      'CONFLICT',
      'ok',
      'ok',
    ]);
    const feed = await wholeFeed(catalog);
    assert.deepEqual(
      feed.map(({ entryId }) => entryId),
      ['EXP-TST-1', 'SKL-TST-3', 'EXP-TST-5', 'EXP-TST-7'],
    );
    assert.deepEqual([report.before.seq, report.after.seq], [0, 4]);
    assert.deepEqual(await catalog.reader.horizon(), report.after);
    assert.deepEqual(
      (await catalog.reader.textSearch('title', {}, 10)).map(({ key }) => key),
      (await catalog.reader.entriesByIds(['EXP-TST-1', 'EXP-TST-5', 'EXP-TST-7'])).map(({ key }) => key),
    );
  });

  test('an update makes a new version with a new vector; the old one is gone', async ({
    catalog,
    openSource,
  }) => {
    const first = await stored(catalog, experience(1, { tags: ['old'] }));
    const second = await stored(
      catalog,
      update(first, { data: { title: 'other words' }, tags: ['new'], embedding: embedded(2) }),
    );
    assert.equal(second.version, 2);
    assert.notEqual(second.vectorId, first.vectorId);
    assert.equal(second.createdAtMs, first.createdAtMs);
    assert.deepEqual(await byId(catalog, first.id), second);
    assert.deepEqual(await catalog.reader.list({ filter: { tags: ['old'] }, limit: 9 }), []);
    assert.equal((await catalog.reader.list({ filter: { tags: ['new'] }, limit: 9 })).length, 1);
    assert.deepEqual(await catalog.reader.textSearch('title', {}, 9), []);
    assert.equal((await catalog.reader.textSearch('words', {}, 9)).length, 1);
    const source = await openSource(FINGERPRINT);
    const page = await source.vectors([asVectorId(first.seq), asVectorId(second.seq)]);
    await source.close();
    assert.deepEqual([...page.ids], [second.vectorId]);
  });

  test('an update that leaves the text alone keeps its vector', async ({ catalog }) => {
    const first = await stored(catalog, experience(1));
    const { entry, change } = await done(
      catalog,
      update(first, { data: { section: 'harmful' }, embedding: unembedded(1) }),
    );
    assert.equal(entry?.vectorId, first.vectorId);
    assert.equal(entry?.embeddingStatus, 'embedded');
    assert.equal(change?.document?.section, 'harmful');
    assert.deepEqual(change?.vector, vectorOf(1));
  });

  test('updates and deletes are refused at another version, or where there is nothing', async ({
    catalog,
  }) => {
    const entry = await stored(catalog, experience(1));
    await refused(catalog, update(entry, { baseVersion: 2, embedding: embedded(1) }), 'VERSION_MISMATCH');
    await refused(catalog, remove(entry, 7), 'VERSION_MISMATCH');
    await refused(catalog, remove({ ...entry, type: 'skill' } as typeof entry), 'NOT_FOUND');
    await refused(catalog, update({ ...entry, id: 'EXP-NONE' }, { embedding: embedded(1) }), 'NOT_FOUND');
    assert.deepEqual(await byId(catalog, entry.id), entry);
    assert.equal((await wholeFeed(catalog)).length, 1);
  });

  test('an update may not take the ref or the name of another', async ({ catalog }) => {
    const [one, two] = [
      await stored(catalog, skill(1, { ref: 'a' })),
      await stored(catalog, skill(2, { ref: 'b' })),
    ];
    await refused(catalog, update(two, { ref: 'a', embedding: embedded(2) }), 'CONFLICT');
    await refused(catalog, update(two, { data: { name: 'skill-1' }, embedding: embedded(2) }), 'CONFLICT');
    await done(catalog, update(one, { ref: null, data: { name: 'free' }, embedding: embedded(1) }));
    await done(catalog, update(two, { ref: 'a', data: { name: 'skill-1' }, embedding: embedded(2) }));
  });

  test('a deleted entry is gone everywhere but in its history, and its numbers stay used', async ({
    catalog,
    openSource,
  }) => {
    const gone = await stored(catalog, experience(1, { tags: ['t'] }));
    const { change } = await done(catalog, remove(gone, 1));
    assert.deepEqual(change, { seq: 2, key: gone.key, document: null, vector: null });
    assert.equal(await byId(catalog, gone.id), null);
    assert.deepEqual(await catalog.reader.textSearch('title', {}, 9), []);
    assert.deepEqual(await catalog.reader.vectorIds(FINGERPRINT, asVectorId(0), 9), []);
    const source = await openSource(FINGERPRINT);
    assert.deepEqual(await source.scanDocuments(0 as never, 9, { text: true }), []);
    await source.close();

    const next = await stored(catalog, experience(2));
    assert.ok(next.key > gone.key && next.seq > gone.seq + 1);
    const history = await catalog.reader.history(gone.id);
    assert.deepEqual(
      history.map(({ op, version, seq }) => [op, version, seq]),
      [
        ['create', 1, 1],
        ['delete', 2, 2],
      ],
    );
    assert.deepEqual(history[1]?.data, gone.data);
    assert.deepEqual(await catalog.reader.history('EXP-NONE'), []);
  });

  test('an entry without a vector is stored and found by text; its vector comes later', async ({
    catalog,
  }) => {
    const pending = await stored(catalog, experience(1, { embedding: unembedded(1) }));
    assert.deepEqual([pending.embeddingStatus, pending.vectorId], ['pending', null]);
    assert.equal((await catalog.reader.counts()).embedding.pending, 1);
    assert.equal((await catalog.reader.textSearch('playbook', {}, 9)).length, 1);

    const { entry, change, seq } = await done(catalog, embed(pending, 1));
    assert.deepEqual([entry?.embeddingStatus, entry?.vectorId, entry?.version], ['embedded', seq, 1]);
    assert.equal(change?.document?.seq, seq);
    assert.equal((await catalog.reader.changes(asSeq(1), 9))[0]?.op, 'embed');
    assert.deepEqual((await catalog.reader.counts()).embedding, { pending: 0, embedded: 1, failed: 0 });
  });

  test('a vector that comes too late is dropped', async ({ catalog }) => {
    const first = await stored(catalog, experience(1, { embedding: unembedded(1) }));
    const second = await stored(catalog, update(first, { data: { title: 'x' }, embedding: unembedded(2) }));
    assert.equal((await done(catalog, embed(first, 1))).change, null);
    assert.equal((await byId(catalog, first.id))?.vectorId, null);
    await done(catalog, remove(second));
    assert.equal((await done(catalog, embed(second, 2))).change, null);
    assert.equal((await wholeFeed(catalog)).length, 3);
  });

  test('vectors of two embedders never mix', async ({ catalog }) => {
    assert.equal(await catalog.reader.fingerprint(), null);
    await refused(catalog, experience(1, { categoryCode: 'NOPE' }), 'NOT_FOUND');
    assert.equal(await catalog.reader.fingerprint(), null, 'a refused write bound the database');
    await done(catalog, experience(1));
    assert.equal(await catalog.reader.fingerprint(), FINGERPRINT);
    const other = { vector: vectorOf(2), fingerprint: 'other@1/4', contentHash: 'h' };
    const stranger = await stored(catalog, experience(2, { embedding: other }));
    assert.equal(stranger.embeddingStatus, 'pending', 'a vector of another embedder is left out');
    assert.equal(
      (await done(catalog, { ...embed(stranger, 2), fingerprint: 'other@1/4' } as WriteOperation)).change,
      null,
    );
    assert.equal((await done(catalog, embed(stranger, 2))).entry?.embeddingStatus, 'embedded');
    assert.equal(await catalog.reader.fingerprint(), FINGERPRINT);
  });

  test('an empty group changes nothing', async ({ catalog }) => {
    const report = await catalog.writer.commit([]);
    assert.deepEqual([report.outcomes, report.before.seq, report.after.seq], [[], 0, 0]);
  });

  test('groups sent at once are all committed, one after the other', async ({ catalog }) => {
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    const reports = await Promise.all(numbers.map((number) => catalog.writer.commit([experience(number)])));
    assert.equal(new Set(reports.map(({ after }) => after.seq)).size, 40);
    assert.equal((await wholeFeed(catalog)).length, 40);
  });
}
