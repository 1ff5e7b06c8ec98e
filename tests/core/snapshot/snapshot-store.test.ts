import { beforeEach, expect, test } from 'vitest';
import { MemoryFiles } from '../../../adapters/files/memory/memory-files.ts';
import { ChlError } from '../../../src/core/errors.ts';
import { MANIFEST, MANIFEST_BACKUP } from '../../../src/core/snapshot/file-names.ts';
import { SnapshotStore } from '../../../src/core/snapshot/snapshot-store.ts';
import type { SnapshotStoreOptions } from '../../../src/core/snapshot/snapshot-store.ts';
import { brokenPromise, liveAt, liveIn, play, storeOn } from './crash-scenario.ts';
import { mark, nonceOf, owner } from './sample.ts';

/** What `play` leaves: segments, logs, a manifest of generation 4 and its backup, complete to 15. */
let files: MemoryFiles;

beforeEach(async () => {
  files = new MemoryFiles();
  await play(files, { appendedTo: 0, generation: 0 });
});

const clock = { nowMs: () => 1, monotonicMs: () => 0, setTimer: () => ({ cancel: () => undefined }) };
const storeFor = (other: Partial<SnapshotStoreOptions['owner']>): SnapshotStore =>
  new SnapshotStore({ files, clock, owner: { ...owner, ...other } });

async function change(name: string, edit: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await files.write(name, [edit((await files.read(name))!)]);
}

const flipped =
  (offset: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, index) => (index === offset ? byte ^ 1 : byte));

const named = async (start: string): Promise<readonly string[]> =>
  (await files.list()).filter((name) => name.startsWith(start)).toSorted();

test.each<[string, Partial<typeof owner>]>([
  ['another database', { databaseUuid: 'other' }],
  ['of epoch 1', { epoch: 2 }],
  ['vectors of', { fingerprint: 'other@1/4/unit' }],
  ['vectors of', { dimension: 8 }],
])('a snapshot of %s is refused, and says why', async (why, other) => {
  const { snapshot, reasons } = await storeFor(other).open(nonceOf);
  expect(snapshot).toBeNull();
  expect(reasons).toEqual([expect.stringContaining(why), expect.stringContaining(why)]);
});

test('a snapshot of a future that the database does not have is refused', async () => {
  const beforeTheEnd = async (seq: number) => (seq > 14 ? null : `nonce-${seq}`);
  const { snapshot, reasons } = await storeOn(files).open(beforeTheEnd);
  expect(snapshot).toBeNull();
  expect(reasons[0]).toContain('knows change 15, which the database does not have');
});

test('a snapshot of another past with the same numbers is refused', async () => {
  const { snapshot, reasons } = await storeOn(files).open(async (seq) => `other-${seq}`);
  expect(snapshot).toBeNull();
  expect(reasons[0]).toContain('another change 15');
});

test('a database that cannot be asked is not the fault of the snapshot', async () => {
  const away = () => Promise.reject(new ChlError('UNAVAILABLE', 'The database is away.'));
  await expect(storeOn(files).open(away)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('a damaged manifest gives way to its backup, which the logs complete', async () => {
  await change(MANIFEST, flipped(100));
  const { snapshot, reasons } = await storeOn(files).open(nonceOf);
  expect(snapshot).toMatchObject({ source: 'backup', manifest: { generation: 3 }, completeTo: mark(15) });
  expect(liveIn(snapshot!)).toEqual(liveAt(15));
  expect(reasons).toEqual([
    expect.stringContaining('manifest: The manifest does not match its own checksum'),
  ]);
});

test('a damaged manifest never replaces the good backup it gave way to', async () => {
  await change(MANIFEST, flipped(100));
  const good = await files.read(MANIFEST_BACKUP);
  const store = storeOn(files);
  const { snapshot } = await store.open(nonceOf);
  const { segments, logFrom } = snapshot!.manifest;
  const published = await store.publish({ segments, logFrom, asOf: mark(15) });
  expect(await files.read(MANIFEST_BACKUP)).toEqual(good);
  expect(published.generation).toBe(4);
  expect(await brokenPromise(files, { appendedTo: 15, generation: 4 })).toBeNull();
});

test('a damaged, cut or missing segment gives way to the backup; both damaged, to a rebuild', async () => {
  const [newest] = (await named('segment-')).toReversed();
  for (const damage of [flipped(300), (bytes: Uint8Array) => bytes.subarray(1)]) {
    const whole = (await files.read(newest!))!;
    await change(newest!, damage);
    const { snapshot, reasons } = await storeOn(files).open(nonceOf);
    expect(snapshot).toMatchObject({ source: 'backup', completeTo: mark(15) });
    expect(reasons[0]).toContain(newest);
    await files.write(newest!, [whole]);
  }
  for (const name of await named('segment-')) await files.remove(name);
  const { snapshot, reasons } = await storeOn(files).open(nonceOf);
  expect(snapshot).toBeNull();
  expect(reasons).toHaveLength(2);
});

test('any one damaged byte of any file is refused or cut: what is opened is right', async () => {
  const reached = new Set<number>();
  for (const name of await files.list()) {
    const whole = (await files.read(name))!;
    for (let offset = 0; offset < whole.length; offset += 1) {
      await files.write(name, [flipped(offset)(whole)]);
      const { snapshot } = await storeOn(files).open(nonceOf);
      expect(liveIn(snapshot!), `${name} at ${offset}`).toEqual(liveAt(snapshot!.completeTo.seq));
      reached.add(snapshot!.completeTo.seq);
    }
    await files.write(name, [whole]);
  }
  // Damage in a log loses its tail, in places down to what the segments hold; never more.
  expect(Math.max(...reached)).toBe(15);
  expect(Math.min(...reached)).toBe(11);
});

test('any file cut anywhere is refused or read up to the cut', async () => {
  for (const name of await files.list()) {
    const whole = (await files.read(name))!;
    for (let length = 0; length < whole.length; length += 7) {
      await files.write(name, [whole.subarray(0, length)]);
      const { snapshot } = await storeOn(files).open(nonceOf);
      expect(liveIn(snapshot!), `${name} cut to ${length}`).toEqual(liveAt(snapshot!.completeTo.seq));
    }
    await files.write(name, [whole]);
  }
});

test('opening changes nothing on disk, so that `chl verify` may do it, too', async () => {
  const [log] = (await named('growing-')).toReversed();
  await change(log!, (bytes) => bytes.subarray(0, bytes.length - 1));
  const contents = async () => Promise.all((await files.list()).map((name) => files.read(name)));
  const before = await contents();
  await storeOn(files).open(nonceOf);
  expect(await contents()).toEqual(before);
});

test('garbage is everything that neither manifest names; a segment being built is not', async () => {
  const store = storeOn(files);
  await store.open(nonceOf);
  const kept = (await files.list()).toSorted();
  const building = store.reserveSegmentName();
  for (const name of [
    'manifest.tmp',
    'segment-00000001-00000000',
    'growing-00000000.log',
    'notes.txt',
    building,
    `${building}.tmp`,
  ]) {
    await files.write(name, [Uint8Array.of(1)]);
  }
  expect(await store.collectGarbage()).toBe(4);
  expect((await files.list()).toSorted()).toEqual([...kept, building, `${building}.tmp`].toSorted());
  store.releaseSegmentName(building);
  expect(await store.collectGarbage()).toBe(2);
});

test('without an opened or published snapshot nothing is collected', async () => {
  const before = await files.list();
  const store = storeFor({ epoch: 2 });
  await store.open(nonceOf);
  expect(await store.collectGarbage()).toBe(0);
  expect(await files.list()).toEqual(before);
});

test('after a refused open new files take new names, and what was refused is collected', async () => {
  const old = new Set(await files.list());
  const store = storeFor({ epoch: 2 });
  await store.open(nonceOf);
  expect(old).not.toContain(store.reserveSegmentName());
  const logFrom = await store.beginChain(mark(15));
  const { generation } = await store.publish({ segments: [], logFrom, asOf: mark(15) });
  expect(generation).toBe(5);
  await store.collectGarbage();
  expect(await files.list()).toEqual(expect.arrayContaining([MANIFEST]));
  expect((await files.list()).filter((name) => old.has(name) && name !== MANIFEST)).toEqual([]);
  const { snapshot } = await storeFor({ epoch: 2 }).open(nonceOf);
  expect(snapshot).toMatchObject({ source: 'snapshot', completeTo: mark(15) });
});

test('a manifest that names a log outside the chain is refused before anything is written', async () => {
  const store = storeOn(files);
  const { snapshot } = await store.open(nonceOf);
  const before = await files.read(MANIFEST);
  const { segments } = snapshot!.manifest;
  await expect(store.publish({ segments, logFrom: 99, asOf: mark(15) })).rejects.toMatchObject({
    code: 'INTERNAL',
  });
  expect(await files.read(MANIFEST)).toEqual(before);
});

test('an empty folder is no snapshot and no reason', async () => {
  const { snapshot, reasons } = await storeOn(new MemoryFiles()).open(nonceOf);
  expect(snapshot).toBeNull();
  expect(reasons).toEqual([]);
});
