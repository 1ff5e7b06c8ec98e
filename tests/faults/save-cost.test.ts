import { expect, test } from 'vitest';
import type { SavePolicy } from '../../src/core/ports/index-host.ts';
import { openCollection, type CollectionFixture } from '../support/collection-fixture.ts';
import { joined, MemorySource } from '../support/memory-source.ts';
import { randomUnitVector, seededRandom } from '../support/random-vectors.ts';
import { CountingFiles, type FileWork } from './support/counting-files.ts';

const DIMENSION = 8;
const GROUP = 10;
const SIZES = [2_000, 50_000];

const nothing: FileWork = { writes: 0, appends: 0, bytes: 0, syncs: 0, folderSyncs: 0, renames: 0 };

interface World extends CollectionFixture {
  readonly files: CountingFiles;
  /** Applies one group of writes, as a commit hands it over. @returns what that cost */
  write(): Promise<FileWork>;
}

async function worldOf(vectors: number, savePolicy: SavePolicy): Promise<World> {
  const random = seededRandom(vectors);
  const create = () => source.create({ vector: randomUnitVector(random, DIMENSION) });
  const source = new MemorySource(DIMENSION);
  for (let n = 0; n < vectors; n += 1) create();
  const files = new CountingFiles();
  const fixture = await openCollection({ source, files, spec: { savePolicy } });
  await fixture.collection.save();
  // The log is begun by the first write after a start.
  await fixture.collection.apply(create());
  await fixture.collection.save();
  files.take();
  return {
    ...fixture,
    files,
    async write() {
      await fixture.collection.apply(joined(Array.from({ length: GROUP }, create)));
      return files.take();
    },
  };
}

/** A record of the growing log, as docs/format.md has it: header, nonce, ids, vectors. */
const RECORD_BYTES = (nonce: string): number => 36 + nonce.length + GROUP * (8 + 4 * DIMENSION);

test('immediate: a group of writes is one append and one fsync, and as many bytes at 2,000 vectors as at 50,000', async () => {
  const costs = new Map<number, FileWork>();
  for (const size of SIZES) {
    const world = await worldOf(size, 'immediate');
    const cost = await world.write();
    const { lastSeq, unsavedChanges } = await world.collection.status();
    expect(unsavedChanges).toBe(0);
    expect(cost).toEqual({ ...nothing, appends: 1, syncs: 1, bytes: RECORD_BYTES(`nonce-${lastSeq}`) });
    costs.set(size, { ...cost, bytes: cost.bytes - `nonce-${lastSeq}`.length });
    await world.collection.close();
  }
  expect(costs.get(SIZES[0]!)).toEqual(costs.get(SIZES[1]!));
});

test('a save by hand is one manifest, whatever the size: the segments are on disk already', async () => {
  const costs: FileWork[] = [];
  for (const size of SIZES) {
    const world = await worldOf(size, 'immediate');
    await world.write();
    await world.collection.save();
    costs.push(world.files.take());
    await world.collection.close();
  }
  for (const cost of costs) {
    expect(cost).toMatchObject({ writes: 1, appends: 0, syncs: 1, folderSyncs: 1, renames: 2 });
    // A few digits of numbers in JSON.
    expect(Math.abs(cost.bytes - costs[0]!.bytes)).toBeLessThan(64);
  }
});

test.each(['periodic', 'manual'] as const)(
  '%s: a write touches no file; a save appends what waits',
  async (policy) => {
    const world = await worldOf(2_000, policy);
    expect(await world.write()).toEqual(nothing);
    expect(await world.write()).toEqual(nothing);
    expect((await world.collection.status()).unsavedChanges).toBe(2 * GROUP);
    await world.collection.save();
    // One append for both groups; the manifest makes the other sync.
    expect(world.files.take()).toMatchObject({ appends: 1, writes: 1, syncs: 2 });
    expect((await world.collection.status()).unsavedChanges).toBe(0);
    await world.collection.close();
  },
);

test('the count sees a planted bug: a save that writes every vector again', async () => {
  const random = seededRandom(3);
  const source = new MemorySource(DIMENSION);
  const sizes: number[] = [];
  for (const size of [100, 400]) {
    while (source.documents.size < size) source.create({ vector: randomUnitVector(random, DIMENSION) });
    const files = new CountingFiles();
    const { collection } = await openCollection({ source, files, spec: { growingMaxVectors: 16 } });
    files.take();
    // Stands for the bug: a rebuild does write everything.
    await collection.rebuild();
    sizes.push(files.take().bytes);
    await collection.close();
  }
  expect(sizes[1]).toBeGreaterThan(sizes[0]! * 2);
});
