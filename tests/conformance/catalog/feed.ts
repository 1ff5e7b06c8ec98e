import assert from 'node:assert/strict';
import { asEntryKey, asSeq, asVectorId } from '../../../src/core/ids.ts';
import {
  done,
  embedded,
  experience,
  FINGERPRINT,
  remove,
  skill,
  stored,
  unembedded,
  update,
  vectorOf,
  write,
  type CatalogTest,
} from './fixture.ts';

export function feedTests(test: CatalogTest): void {
  test('the feed names every change in order, and ends where it ends', async ({ catalog }) => {
    const entry = await stored(catalog, experience(1));
    const next = await stored(catalog, update(entry, { data: { title: 'x' }, embedding: unembedded(2) }));
    await done(catalog, remove(next));
    const feed = await catalog.reader.changes(asSeq(0), 10);
    assert.deepEqual(
      feed.map(({ seq, op, version, entryId }) => [seq, op, version, entryId]),
      [
        [1, 'create', 1, entry.id],
        [2, 'update', 2, entry.id],
        [3, 'delete', 3, entry.id],
      ],
    );
    assert.deepEqual(
      (await catalog.reader.changes(asSeq(1), 1)).map(({ seq }) => seq),
      [2],
    );
    assert.deepEqual(await catalog.reader.changes(asSeq(3), 10), []);
  });

  test('the index reads what the writer handed it, and the state as it is now', async ({
    catalog,
    openSource,
  }) => {
    const first = await done(catalog, experience(1, { tags: ['a', 'b'] }));
    const second = await done(catalog, skill(2, { embedding: unembedded(2) }));
    const source = await openSource(FINGERPRINT);
    const batch = await source.changesAfter(asSeq(0), 10);
    assert.deepEqual(batch.changes, [first.change, second.change]);
    assert.deepEqual(batch.last, await source.horizon());
    assert.equal(await source.nonceOf(batch.last.seq), batch.last.nonce);

    assert.ok(first.entry !== null && second.entry !== null);
    await write(
      catalog,
      update(first.entry, { data: { title: 'now' }, embedding: embedded(3) }),
      remove(second.entry),
    );
    const after = await source.changesAfter(asSeq(0), 10);
    assert.deepEqual(
      after.changes.map(({ seq }) => seq),
      [1, 2, 3, 4],
    );
    assert.deepEqual(
      after.changes.map(({ document }) => document?.seq ?? null),
      [3, null, 3, null],
    );
    assert.deepEqual(after.changes[0]?.vector, vectorOf(3));
    assert.deepEqual((await source.changesAfter(asSeq(4), 10)).changes, []);
    assert.deepEqual((await source.changesAfter(asSeq(4), 10)).last, await source.horizon());
    await source.close();
  });

  test('the index pages through documents and vectors', async ({ catalog, openSource }) => {
    await write(
      catalog,
      ...Array.from({ length: 25 }, (_, index) => experience(index + 1, { tags: [`t${index}`] })),
    );
    const source = await openSource(FINGERPRINT);
    const first = await source.scanDocuments(asEntryKey(0), 20, { text: false });
    const rest = await source.scanDocuments(first.at(-1)?.key ?? asEntryKey(0), 20, { text: true });
    assert.deepEqual([first.length, rest.length], [20, 5]);
    assert.equal(first[0]?.text, null);
    assert.deepEqual(rest[4]?.text, { heading: 'title 25', body: 'playbook 25' });
    assert.deepEqual(rest[4]?.tags, ['t24']);

    const wanted = [25, 3, 999, 1].map(asVectorId);
    const page = await source.vectors(wanted);
    assert.deepEqual([...page.ids], [1, 3, 25]);
    assert.deepEqual(page.vectors.subarray(8), vectorOf(25));
    assert.equal((await source.vectors([])).ids.length, 0);
    assert.deepEqual(await catalog.reader.vectorIds(FINGERPRINT, asVectorId(20), 3), [21, 22, 23]);
    await source.close();
  });

  test('a collection of another embedder sees the documents, not the vectors', async ({
    catalog,
    openSource,
  }) => {
    await done(catalog, experience(1));
    const source = await openSource('other@1/4');
    assert.equal((await source.scanDocuments(asEntryKey(0), 9, { text: false }))[0]?.vectorId, null);
    const [change] = (await source.changesAfter(asSeq(0), 9)).changes;
    assert.deepEqual([change?.document?.vectorId, change?.vector], [null, null]);
    assert.equal((await source.vectors([asVectorId(1)])).ids.length, 0);
    await source.close();
  });
}
