import assert from 'node:assert/strict';
import type { Catalog, LeaseTerm, WriteOperation } from '../../../src/core/ports/catalog.ts';
import { byId, embed, experience, stored, unembedded, type CatalogTest } from './fixture.ts';

const name = 'embedding-queue';
const common = { actor: 'tester', atMs: 1_700_000_000_000 };
/** Longer than any test. */
const LONG_MS = 600_000;

async function only(catalog: Catalog, operation: WriteOperation) {
  const { outcomes } = await catalog.writer.commit([operation]);
  return outcomes[0]!;
}

/** @returns null when another one has it */
async function take(catalog: Catalog, holder: string, ttlMs = LONG_MS): Promise<LeaseTerm | null> {
  const outcome = await only(catalog, { ...common, kind: 'take-lease', name, holder, ttlMs });
  if (outcome.ok) return { name, token: outcome.leaseToken! };
  assert.equal(outcome.error.code, 'CONFLICT');
  return null;
}

export function leaseTests(test: CatalogTest): void {
  test('a lease has one holder, who renews it under the same token until it is given back', async ({
    catalog,
  }) => {
    const term = await take(catalog, 'ada');
    assert.ok(term);
    assert.equal(await take(catalog, 'bob'), null);
    assert.deepEqual(await take(catalog, 'ada'), term);
    await only(catalog, { ...common, kind: 'drop-lease', term });
    const next = await take(catalog, 'bob');
    assert.ok(next && next.token > term.token);
    // Late: it is no longer this holder's to give back.
    await only(catalog, { ...common, kind: 'drop-lease', term });
    assert.equal(await take(catalog, 'ada'), null);
  });

  test('a lease that ran out is free, and what its former holder worked out is refused', async ({
    catalog,
  }) => {
    const entry = await stored(catalog, experience(1, { embedding: unembedded(1) }));
    const other = await stored(catalog, experience(2, { embedding: unembedded(2) }));
    const lease = await take(catalog, 'ada', 0);
    assert.ok(lease);
    // Nobody followed: it still counts.
    assert.equal((await only(catalog, { ...embed(entry, 1), lease })).ok, true);
    const next = await take(catalog, 'bob');
    assert.ok(next && next.token > lease.token);

    const { outcomes } = await catalog.writer.commit([
      { ...embed(other, 2), lease },
      experience(3),
      { ...embed(other, 2), lease: next },
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code)),
      ['CONFLICT', 'ok', 'ok'],
    );
    assert.equal((await byId(catalog, other.id))?.embeddingStatus, 'embedded');
  });

  test('a term that begins in a group fences what follows in it', async ({ catalog }) => {
    const entry = await stored(catalog, experience(1, { embedding: unembedded(1) }));
    const lease = await take(catalog, 'ada', 0);
    assert.ok(lease);
    const { outcomes } = await catalog.writer.commit([
      { ...common, kind: 'drop-lease', term: lease },
      { ...common, kind: 'take-lease', name, holder: 'bob', ttlMs: LONG_MS },
      { ...embed(entry, 1), lease },
    ]);
    assert.deepEqual(
      outcomes.map(({ ok }) => ok),
      [true, true, false],
    );
    assert.equal((await byId(catalog, entry.id))?.embeddingStatus, 'pending');
  });
}
