import { expect, test } from 'vitest';
import { ChlError } from '../../../src/core/errors.ts';
import { asEntryKey } from '../../../src/core/ids.ts';
import type { IndexCollection, IndexSearch } from '../../../src/core/ports/index-host.ts';
import { openCollection, searchFor, type CollectionFixture } from '../../support/collection-fixture.ts';
import { Gate } from '../../support/gate.ts';
import { MemorySource } from '../../support/memory-source.ts';
import { randomUnitVector, seededRandom } from '../../support/random-vectors.ts';
import { TestClock } from '../../support/test-clock.ts';

const random = seededRandom(5);
const vector = (): Float32Array => randomUnitVector(random, 8);
const wordsOf = (n: number) => ({ heading: `word${n}`, body: n % 2 === 0 ? 'even' : 'odd' });

/** A database with entries 1 to `count`, and a collection over it that has their vectors only. */
async function openedWithoutWords(count: number): Promise<CollectionFixture & { readonly held: Gate }> {
  const source = new MemorySource(8);
  for (let n = 1; n <= count; n += 1) source.create({ vector: vector(), text: wordsOf(n) });
  const held = new Gate();
  source.textsHeld = held;
  return { ...(await openCollection({ source, withoutWords: true })), held };
}

const byText = (text: string): IndexSearch => searchFor({ mode: 'text', text, limit: 100 });

async function found(collection: IndexCollection, text: string): Promise<number[]> {
  const { keys } = await collection.search(byText(text));
  return [...keys].toSorted((one, other) => one - other);
}

/** Score by key: slots, which break ties, are not the same. */
async function scoresOf(collection: IndexCollection, text: string): Promise<ReadonlyMap<number, number>> {
  const { keys, scores } = await collection.search(byText(text));
  return new Map(Array.from(keys, (key, place) => [key, scores[place]!]));
}

/** Like one that was opened on the database as it is now. */
async function expectAllWords(collection: IndexCollection, source: MemorySource): Promise<void> {
  const fresh = await openCollection({ source });
  for (const text of ['even', 'odd', 'word2', 'word4', 'word7']) {
    expect(await scoresOf(collection, text)).toEqual(await scoresOf(fresh.collection, text));
  }
  await fresh.collection.close();
}

test('vectors answer while words are being read; a search by words is refused, and says why', async () => {
  const { collection, held } = await openedWithoutWords(20);
  const query = vector();
  expect((await collection.search(searchFor({ vector: query }))).keys).toHaveLength(10);
  expect(await collection.status()).toMatchObject({ state: 'ready', textReady: false, vectors: 20 });
  for (const mode of ['text', 'hybrid'] as const) {
    const refusal = collection.search(searchFor({ mode, vector: query, text: 'even' }));
    await expect(refusal).rejects.toMatchObject({ code: 'UNAVAILABLE', message: /words/ });
  }

  held.open();
  await collection.opened;
  expect(await collection.status()).toMatchObject({ state: 'ready', textReady: true });
  expect(await found(collection, 'even')).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  await collection.close();
});

test('what is written while words are read counts, and what was read before it does not', async () => {
  const { collection, source, held } = await openedWithoutWords(9);
  await collection.apply(source.update(asEntryKey(2), { vector: vector(), text: wordsOf(7) }));
  await collection.apply(source.delete(asEntryKey(4)));
  await collection.apply(source.create({ vector: vector(), text: wordsOf(10) }));
  // Committed, and not applied before the words are in.
  const late = source.update(asEntryKey(6), { vector: vector(), text: wordsOf(7) });
  held.open();
  await collection.opened;
  await collection.apply(late);

  expect(await found(collection, 'even')).toEqual([8, 10]);
  expect(await found(collection, 'word7')).toEqual([2, 6, 7]);
  await expectAllWords(collection, source);
  await collection.close();
});

test('a rebuild while words are read loses none of them, and takes none twice', async () => {
  const { collection, source, held, clock } = await openedWithoutWords(12);
  await collection.apply(source.delete(asEntryKey(3)));
  await collection.apply(source.update(asEntryKey(4), { vector: vector(), text: wordsOf(7) }));
  await collection.rebuild();
  // So that they are read anew, as they are after the rebuild.
  source.failure = new ChlError('UNAVAILABLE', 'The database is away.');
  held.open();
  await collection.opened;
  source.failure = null;
  clock.advance(60_000);
  await readyForWords(collection);
  expect(await found(collection, 'odd')).toEqual([1, 4, 5, 7, 9, 11]);
  await expectAllWords(collection, source);
  await collection.rebuild();
  await expectAllWords(collection, source);
  await collection.close();
});

test('a database that goes away while words are read costs the words a pause, and vectors nothing', async () => {
  const { collection, source, clock, held, logger } = await openedWithoutWords(6);
  source.failure = new ChlError('UNAVAILABLE', 'The database is away.');
  held.open();
  await collection.opened;
  expect(await collection.status()).toMatchObject({ state: 'ready', textReady: false });
  expect(logger.lines.some(({ message }) => message.includes('words'))).toBe(true);
  expect((await collection.search(searchFor({ vector: vector() }))).keys).toHaveLength(6);

  source.failure = null;
  clock.advance(60_000);
  await readyForWords(collection);
  expect(await found(collection, 'even')).toEqual([2, 4, 6]);
  await collection.close();
});

test('closing does not wait for words, and what was not read is read by the next start', async () => {
  const { collection, source, files, held } = await openedWithoutWords(5);
  const closing = collection.close();
  held.open();
  await closing;
  expect(collection.state).toBe('closed');
  const again = await openCollection({ source, files });
  expect(await found(again.collection, 'odd')).toEqual([1, 3, 5]);
  await again.collection.close();
});

test('a write that came before the index was open is found by the first search after', async () => {
  const source = new MemorySource(8);
  const clock = new TestClock();
  source.create({ vector: vector(), text: wordsOf(1) });
  let reads = 0;
  let refused: Promise<void> | null = null;
  let opening: IndexCollection | null = null;
  // The second look at the horizon is the last one of the recovery: this write comes right behind it.
  source.horizon = async () => {
    const mark = await MemorySource.prototype.horizon.call(source);
    reads += 1;
    if (reads === 2) refused = opening!.apply(source.create({ vector: vector(), text: wordsOf(2) }));
    refused?.catch(() => undefined);
    return mark;
  };
  const fixture = await openCollection({ source, clock, onCreated: (created) => (opening = created) });
  await expect(refused).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect((await fixture.collection.search(searchFor({ vector: vector() }))).keys).toHaveLength(2);
  expect(await found(fixture.collection, 'even')).toEqual([2]);
  await fixture.collection.close();
});

async function readyForWords(collection: IndexCollection): Promise<void> {
  while (!(await collection.status()).textReady) await new Promise((resolve) => setTimeout(resolve, 0));
}
