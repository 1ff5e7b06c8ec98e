import { beforeEach, afterEach, expect, test, vi } from 'vitest';
import { asSeq, type EntryKey } from '../../src/core/ids.ts';
import { EntryCache } from '../../src/service/entry-cache.ts';
import { titleOf } from '../../src/service/entry-views.ts';
import { Client, RETRY, experience } from './support/client.ts';
import { openServices, type OpenServices } from './support/open-services.ts';

const RETRY_TITLE = 'Retry uploads with the same key';

let open: OpenServices;
let client: Client;
let cache: EntryCache;
/** The keys of each read of the database. */
let reads: (readonly EntryKey[])[];

beforeEach(async () => {
  open = await openServices();
  client = new Client(open.services);
  reads = [];
  const { reader } = open.catalog;
  const counting = {
    entriesByKeys: (keys: readonly EntryKey[]) => {
      reads.push(keys);
      return reader.entriesByKeys(keys);
    },
  };
  cache = new EntryCache(counting, 1_000_000);
});
afterEach(() => open.close());

/** What the index would answer for the entry as it is now. */
async function candidateOf(id: string) {
  const [entry] = await open.catalog.reader.entriesByIds([id]);
  return { key: entry!.key, seq: entry!.seq, score: 1, vector: 1, text: null };
}

const titles = async (...candidates: Awaited<ReturnType<typeof candidateOf>>[]) =>
  (await cache.entriesOf(candidates)).map(titleOf);

test('an entry is read once, and again as soon as the index answers with a later change of it', async () => {
  const { entry_id: one } = await client.write(RETRY);
  const { entry_id: other } = await client.write(experience('Other', 'Quite another.'));
  const before = [await candidateOf(one), await candidateOf(other)] as const;
  expect(await titles(...before)).toEqual([RETRY_TITLE, 'Other']);
  expect(await titles(before[1], before[0])).toEqual(['Other', RETRY_TITLE]);
  expect(reads).toHaveLength(1);
  await client.update({ ...RETRY, entry_id: one, updates: { title: 'New title' } });
  const after = await candidateOf(one);
  expect(after.seq).toBeGreaterThan(before[0].seq);
  expect(await titles(after, before[1])).toEqual(['New title', 'Other']);
  expect(reads[1]).toEqual([after.key]);
});

test('an entry that the database does not have is left out, and so is what nobody vouches for', async () => {
  const { entry_id } = await client.write(RETRY);
  const candidate = await candidateOf(entry_id);
  expect(await titles({ ...candidate, key: (candidate.key + 1_000) as EntryKey }, candidate)).toEqual([
    RETRY_TITLE,
  ]);
  await titles({ ...candidate, seq: asSeq(candidate.seq + 1) });
  expect(reads.map(({ length }) => length)).toEqual([2, 1]);
});

test('an entry that was changed while it was being read is not kept', async () => {
  const { entry_id } = await client.write(RETRY);
  const candidate = await candidateOf(entry_id);
  const reading = titles(candidate);
  cache.forget(candidate.key);
  expect(await reading).toEqual([RETRY_TITLE]);
  await titles(candidate);
  await titles(candidate);
  expect(reads).toHaveLength(2);
});

test('what a client wrote or changed is found by the next search without a look at the database', async () => {
  const { entry_id } = await client.write(RETRY);
  const read = vi.spyOn(open.catalog.reader, 'entriesByKeys');
  const written = await client.search({ query: 'retry uploads' });
  expect(written.results.map(({ title }) => title)).toEqual([RETRY_TITLE]);
  await client.update({ ...RETRY, entry_id, updates: { title: 'Retry with care' } });
  const updated = await client.search({ query: 'retry uploads' });
  expect(updated.results.map(({ title }) => title)).toEqual(['Retry with care']);
  const { duplicates } = await client.write({ ...RETRY, duplicates: 'check' });
  expect(duplicates?.map(({ title }) => title)).toEqual(['Retry with care']);
  expect(read).not.toHaveBeenCalled();
});
