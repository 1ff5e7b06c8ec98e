import { expect, test } from 'vitest';
import { MemoryFiles } from '../../../adapters/files/memory/memory-files.ts';
import { ChlError } from '../../../src/core/errors.ts';
import type { AppendFile, Files } from '../../../src/core/ports/files.ts';
import { openCollection } from '../../support/collection-fixture.ts';
import { randomUnitVector, seededRandom } from '../../support/random-vectors.ts';

const random = seededRandom(13);
const vector = (): Float32Array => randomUnitVector(random, 8);

/** A disk that is full for as long as the test says so. */
class FillableFiles extends MemoryFiles implements Files {
  isFull = false;

  override async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    this.#assertRoom();
    return super.write(name, parts);
  }

  override async openAppend(name: string): Promise<AppendFile> {
    const file = await super.openAppend(name);
    const append = async (bytes: Uint8Array): Promise<void> => {
      this.#assertRoom();
      return file.append(bytes);
    };
    return {
      get sizeBytes() {
        return file.sizeBytes;
      },
      append,
      sync: () => file.sync(),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      close: () => file.close(),
    };
  }

  #assertRoom(): void {
    if (this.isFull) throw new ChlError('STORAGE_FULL', 'The disk is full.');
  }
}

test('immediate: an applied change is on disk, with no save', async () => {
  const { collection, source } = await openCollection();
  await collection.apply(source.create({ vector: vector() }));
  const status = await collection.status();
  expect(status).toMatchObject({ unsavedChanges: 0, snapshot: { seq: 1 } });
  await collection.close();
});

test('periodic: saved when the interval has passed, if there is something to save', async () => {
  const { collection, source, clock } = await openCollection({
    spec: { savePolicy: 'periodic', saveIntervalMs: 60_000 },
  });
  await collection.apply(source.create({ vector: vector() }));
  expect(await collection.status()).toMatchObject({ unsavedChanges: 1, snapshot: null });
  clock.advance(60_000);
  const { generation } = await collection.save();
  // The interval's own save came first.
  expect(generation).toBe(2);
  expect(await collection.status()).toMatchObject({ unsavedChanges: 0, snapshot: { seq: 1 } });
  await collection.close();
});

test('manual: nothing is written until it is asked for, or the program ends', async () => {
  const { collection, source, files } = await openCollection({ spec: { savePolicy: 'manual' } });
  await collection.apply(source.create({ vector: vector() }));
  expect(await files.list()).toEqual([]);
  expect(await collection.save()).toMatchObject({ generation: 1, seq: 1 });
  await collection.apply(source.create({ vector: vector() }));
  expect((await collection.status()).unsavedChanges).toBe(1);
  await collection.close();
  const next = await openCollection({ source, files, spec: { savePolicy: 'manual' } });
  expect((await next.collection.status()).recovery).toMatchObject({ source: 'snapshot', replayed: 0 });
  await next.collection.close();
});

test('a full disk: the change is applied, the failure is seen, and the files catch up when there is room', async () => {
  const files = new FillableFiles();
  const { collection, source, clock } = await openCollection({ files });
  await collection.apply(source.create({ vector: vector() }));
  files.isFull = true;
  await collection.apply(source.create({ vector: vector() }));
  await expect(collection.save()).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  const full = await collection.status();
  expect(full).toMatchObject({ state: 'ready', reason: 'The disk is full.', vectors: 2, unsavedChanges: 1 });
  expect(full.counters.failedSaves).toBeGreaterThanOrEqual(2);
  files.isFull = false;
  clock.advance(60_000);
  await collection.apply(source.create({ vector: vector() }));
  expect(await collection.status()).toMatchObject({ reason: null, unsavedChanges: 0, snapshot: { seq: 3 } });
  await collection.close();
  const next = await openCollection({ source, files });
  expect((await next.collection.status()).recovery).toMatchObject({ source: 'snapshot', replayed: 0 });
  await next.collection.close();
});
