import assert from 'node:assert/strict';
import { asEntryKey, asVectorId } from '../../../src/core/ids.ts';
import type { Catalog, WriteOperation } from '../../../src/core/ports/catalog.ts';
import {
  byId,
  done,
  embed,
  embedded,
  experience,
  FINGERPRINT,
  remove,
  stored,
  unembedded,
  update,
  vectorOf,
  wholeFeed,
  type CatalogTest,
} from './fixture.ts';

const NEXT = 'next@1/4/unit';
const common = { actor: 'tester', atMs: 1_700_000_000_000 };

/** Due at any time. */
const due = (catalog: Catalog, except: readonly number[] = []) =>
  catalog.reader.queuedTexts({
    nowMs: Number.MAX_SAFE_INTEGER,
    limit: 100,
    except: except.map(asEntryKey),
  });

const stage = (keys: readonly [key: number, text: number][]): WriteOperation => ({
  ...common,
  kind: 'stage-embeddings',
  fingerprint: NEXT,
  vectors: keys.map(([key, text]) => ({
    key: asEntryKey(key),
    contentHash: `text-${text}`,
    vector: vectorOf(100 + text),
  })),
});

const switchOver: WriteOperation = { ...common, kind: 'switch-embedder', from: FINGERPRINT, to: NEXT };

export function embeddingQueueTests(test: CatalogTest): void {
  test('what waits comes in the order of writing, with its newest text, and leaves when embedded', async ({
    catalog,
  }) => {
    const first = await stored(catalog, experience(1, { embedding: unembedded(1) }));
    const second = await stored(catalog, experience(2, { embedding: unembedded(2) }));
    await stored(catalog, experience(3));
    await stored(catalog, update(first, { data: { title: 'newer' }, embedding: unembedded(4) }));
    const waiting = await due(catalog);
    assert.deepEqual(
      waiting.map(({ key, version, contentHash, text }) => [key, version, contentHash, text.heading]),
      [
        [second.key, 1, 'text-2', 'title 2'],
        [first.key, 2, 'text-4', 'newer'],
      ],
    );
    assert.deepEqual(
      (await due(catalog, [second.key])).map(({ key }) => key),
      [first.key],
    );
    await done(catalog, embed(second, 2));
    await done(catalog, remove((await byId(catalog, first.id))!));
    assert.deepEqual(await due(catalog), []);
    assert.equal((await catalog.reader.embeddingQueue()).waiting, 0);
  });

  test('a refused text waits for its time, is given up, and is taken up again when asked', async ({
    catalog,
  }) => {
    const entry = await stored(catalog, experience(1, { embedding: unembedded(1) }));
    const refusal = {
      ...common,
      kind: 'postpone-embedding',
      key: entry.key,
      baseVersion: 1,
      nextAttemptMs: common.atMs + 500,
      reason: 'too long',
    } as const;
    await done(catalog, { ...refusal, attempts: 1, failed: false });
    const soon = { nowMs: common.atMs + 499, limit: 9, except: [] };
    assert.deepEqual(await catalog.reader.queuedTexts(soon), []);
    assert.equal((await catalog.reader.queuedTexts({ ...soon, nowMs: common.atMs + 500 }))[0]?.attempts, 1);
    await done(catalog, { ...refusal, attempts: 2, failed: true });
    assert.deepEqual(await due(catalog), []);
    assert.equal((await byId(catalog, entry.id))?.embeddingStatus, 'failed');
    const { waiting, failed, refusal: said } = await catalog.reader.embeddingQueue();
    assert.deepEqual([waiting, failed, said], [0, 1, 'too long']);
    await done(catalog, { ...common, kind: 'set-embedding-queue', action: 'retry-failed' });
    assert.deepEqual(
      (await due(catalog)).map(({ attempts }) => attempts),
      [0],
    );
    assert.equal((await byId(catalog, entry.id))?.embeddingStatus, 'pending');
    await stored(catalog, update(entry, { data: { title: 'newer' }, embedding: unembedded(2) }));
    await done(catalog, { ...refusal, attempts: 5, failed: true });
    assert.equal((await byId(catalog, entry.id))?.embeddingStatus, 'pending', 'late for the newer version');
  });

  test('a paused queue is paused after a restart', async ({ catalog, reopen }) => {
    await done(catalog, { ...common, kind: 'set-embedding-queue', action: 'pause' });
    const again = await reopen();
    assert.equal((await again.reader.embeddingQueue()).paused, true);
    await done(again, { ...common, kind: 'set-embedding-queue', action: 'resume' });
    assert.equal((await again.reader.embeddingQueue()).paused, false);
  });

  test('the embedder is changed in one step: unchanged texts take their staged vectors, others are queued', async ({
    catalog,
    openSource,
  }) => {
    const kept = await stored(catalog, experience(1));
    const changed = await stored(catalog, experience(2));
    const waiting = await stored(catalog, experience(3, { embedding: unembedded(3) }));
    const gone = await stored(catalog, experience(4));
    const late = await stored(catalog, experience(5));
    await done(catalog, stage([kept, changed, waiting, gone].map(({ key }, place) => [key, place + 1])));
    assert.equal(await catalog.reader.stagedCount(NEXT), 4);
    await stored(catalog, update(changed, { data: { title: 'newer' }, embedding: embedded(6) }));
    await done(catalog, remove(gone));
    const missing = await catalog.reader.unstagedTexts(NEXT, asEntryKey(0), 9);
    assert.deepEqual(
      missing.map(({ key, contentHash }) => [key, contentHash]),
      [
        [changed.key, 'text-6'],
        [late.key, 'text-5'],
      ],
    );
    const before = await wholeFeed(catalog);
    await done(catalog, switchOver);

    const feed = await wholeFeed(catalog);
    assert.deepEqual(
      feed.map(({ seq }) => seq),
      Array.from(feed, (_, place) => place + 1),
      'dense',
    );
    assert.deepEqual(
      feed.slice(before.length).map(({ op, entryId }) => [op, entryId]),
      [kept, changed, waiting, late].map(({ id }) => ['embed', id]),
    );
    assert.equal(await catalog.reader.fingerprint(), NEXT);
    assert.equal(await catalog.reader.indexGeneration(), 2);
    assert.deepEqual(await catalog.reader.vectorIds(FINGERPRINT, asVectorId(0), 9), []);
    for (const [entry, text] of [
      [kept, 1],
      [waiting, 3],
    ] as const) {
      const now = (await byId(catalog, entry.id))!;
      assert.equal(now.embeddingStatus, 'embedded');
      assert.equal(now.vectorId, now.seq, 'named by the change that made it');
      const source = await openSource(NEXT);
      assert.deepEqual([...(await source.vectors([now.vectorId])).vectors], [...vectorOf(100 + text)]);
      await source.close();
    }
    assert.deepEqual(
      (await due(catalog)).map(({ key, contentHash }) => [key, contentHash]),
      [
        [changed.key, 'text-6'],
        [late.key, 'text-5'],
      ],
    );
    assert.equal(await catalog.reader.stagedCount(NEXT), 0);
    assert.deepEqual((await catalog.reader.counts()).embedding, { pending: 2, embedded: 2, failed: 0 });
    const after = await stored(catalog, experience(9, { embedding: { ...embedded(9), fingerprint: NEXT } }));
    assert.equal(after.vectorId, feed.length + 1, 'the feed goes on');
  });

  test('an embedder is not changed from one that the database does not have', async ({ catalog }) => {
    await stored(catalog, experience(1));
    const report = await catalog.writer.commit([{ ...switchOver, from: 'somebody@1/4' } as WriteOperation]);
    assert.equal(report.outcomes[0]?.ok, false);
    assert.equal(await catalog.reader.fingerprint(), FINGERPRINT);
  });
}
