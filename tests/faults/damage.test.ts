import { beforeAll, expect, test } from 'vitest';
import { MemoryFiles } from '../../adapters/files/memory/memory-files.ts';
import type { IndexHits, RecoverySource } from '../../src/core/ports/index-host.ts';
import { openCollection, searchFor, type FixtureOptions } from '../support/collection-fixture.ts';
import { MemorySource } from '../support/memory-source.ts';
import { randomUnitVector, seededRandom } from '../support/random-vectors.ts';
import { chooseSeed, isLong, say } from './support/form.ts';
import { asEntryKey, asSeq } from '../../src/core/ids.ts';

const DIMENSION = 64;
const spec = { dimension: DIMENSION, growingMaxVectors: 100 };
/** 64 KB, the size of a small segment: 240 rows of 64 dimensions. */
const ENTRIES = 240;
const CUT_STEP = 512;
const FLIPS = isLong ? 10_000 : 1_000;

/** What a life left behind: a database, and a folder with two manifests, segments and a growing log. */
let source: MemorySource;
let whole: ReadonlyMap<string, Uint8Array>;
let truth: IndexHits;
const probe = randomUnitVector(seededRandom(99), DIMENSION);

beforeAll(async () => {
  const random = seededRandom(5);
  const vector = () => randomUnitVector(random, DIMENSION);
  source = new MemorySource(DIMENSION);
  for (let n = 0; n < ENTRIES; n += 1) source.create({ vector: vector() });
  const files = new MemoryFiles();
  const { collection } = await openCollection({ source, files, spec });
  await collection.rebuild();
  for (let n = 0; n < 30; n += 1) await collection.apply(source.create({ vector: vector() }));
  await collection.apply(source.delete(asEntryKey(7)));
  await collection.save();
  for (let n = 0; n < 20; n += 1) await collection.apply(source.create({ vector: vector() }));
  await collection.apply(source.delete(asEntryKey(ENTRIES + 3)));
  await collection.apply(source.update(asEntryKey(11), { vector: vector() }));
  truth = await collection.search(searchFor({ vector: probe, limit: 1_000 }));
  // As a crash leaves it: nothing is closed.
  whole = new Map(await contentsOf(files));
  expect(truth.keys).toHaveLength(ENTRIES + 50 - 2);
});

async function contentsOf(files: MemoryFiles): Promise<readonly (readonly [string, Uint8Array])[]> {
  return Promise.all((await files.list()).map(async (name) => [name, (await files.read(name))!] as const));
}

const names = (start: string): readonly string[] =>
  [...whole.keys()].filter((name) => name.startsWith(start));

interface Opened {
  readonly rung: RecoverySource | undefined;
  readonly reasons: readonly string[];
  readonly replayed: number;
}

/** Opens a folder, and holds every answer against the truth. */
async function openAndCheck(
  contents: Iterable<readonly [string, Uint8Array]>,
  why: string,
  options: FixtureOptions = {},
): Promise<Opened> {
  const files = options.files ?? new MemoryFiles([...contents]);
  const { collection } = await openCollection({ source, files, spec, ...options });
  const status = await collection.status();
  expect(status.state, why).toBe('ready');
  const hits = await collection.search(searchFor({ vector: probe, limit: 1_000 }));
  expect([...hits.keys], why).toEqual([...truth.keys]);
  expect([...hits.scores], why).toEqual([...truth.scores]);
  await collection.close();
  const { recovery } = status;
  return { rung: recovery?.source, reasons: recovery?.reasons ?? [], replayed: recovery?.replayed ?? 0 };
}

const replaced = (name: string, bytes: Uint8Array): Map<string, Uint8Array> =>
  new Map(whole).set(name, bytes);

const flippedBit = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

test('undamaged: the snapshot, and nothing to say', async () => {
  expect(await openAndCheck(whole, 'whole')).toEqual({ rung: 'snapshot', reasons: [], replayed: 0 });
});

test('every file cut at every 512 bytes and to nothing: right answers, and a reason', async () => {
  for (const [name, bytes] of whole) {
    for (let length = 0; length < bytes.length; length += CUT_STEP) {
      const why = `${name} cut to ${length} of ${bytes.length} bytes`;
      const { rung, reasons } = await openAndCheck(replaced(name, bytes.subarray(0, length)), why);
      // The backup is read only when it is needed; a cut between two records of a log cuts no record.
      if (name === 'manifest') expect(rung, why).toBe('backup');
      if (name.startsWith('segment-')) expect(reasons.join(), why).toContain(name);
    }
  }
});

test(
  `${FLIPS} random bits flipped, one at a time: right answers, and a reason`,
  { timeout: 600_000 },
  async () => {
    const random = seededRandom(chooseSeed('bit flips'));
    const bits = [...whole].map(([name, bytes]) => ({ name, bits: bytes.length * 8 }));
    const total = bits.reduce((sum, file) => sum + file.bits, 0);
    const rungs = new Map<string, number>();
    for (let n = 0; n < FLIPS; n += 1) {
      let bit = Math.floor(random() * total);
      const file = bits.find((one) => bit < one.bits || ((bit -= one.bits), false))!;
      const why = `bit ${bit} of ${file.name}`;
      const { rung = 'none', reasons } = await openAndCheck(
        replaced(file.name, flippedBit(whole.get(file.name)!, bit)),
        why,
      );
      rungs.set(rung, (rungs.get(rung) ?? 0) + 1);
      if (file.name !== 'manifest.backup') expect(reasons, why).not.toEqual([]);
    }
    say(`bit flips: ${[...rungs].map(([rung, count]) => `${rung} ${count}`).join(', ')}`);
  },
);

test('a damaged manifest without a backup, and no manifest at all: rebuilt from the database', async () => {
  const damaged = replaced('manifest', Uint8Array.of(1, 2, 3));
  damaged.delete('manifest.backup');
  const { rung, reasons } = await openAndCheck(damaged, 'no backup');
  expect(rung).toBe('rebuild');
  expect(reasons.join()).toContain('manifest');
  damaged.delete('manifest');
  expect((await openAndCheck(damaged, 'no manifest')).rung).toBe('rebuild');
});

test('stray files, whole or torn, are never read, and are collected', async () => {
  const segment = whole.get(names('segment-')[0]!)!;
  const files = new MemoryFiles([
    ...whole,
    ['manifest.tmp', whole.get('manifest')!.subarray(0, 40)],
    ['segment-00000099-0badcafe', segment],
    ['segment-00000100-0badcafe.tmp', segment.subarray(0, 100)],
    ['growing-00000000.log', Uint8Array.of(1)],
    ['core.1234', segment],
  ]);
  expect(await openAndCheck([], 'stray files', { files })).toMatchObject({ rung: 'snapshot' });
  const { collection } = await openCollection({ source, files, spec });
  await collection.save();
  await collection.close();
  const left = (await files.list()).filter((name) => /tmp|0badcafe|00000000|core/.test(name));
  expect(left).toEqual([]);
});

/** The files of an earlier moment of the same database. */
async function staleFolder(): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new MemoryFiles(whole);
  for (const log of names('growing-')) await files.remove(log);
  return new Map(await contentsOf(files));
}

test('a stale snapshot under a newer database: what it lacks is replayed', async () => {
  const { rung, replayed } = await openAndCheck(await staleFolder(), 'stale');
  expect(rung).toBe('snapshot');
  expect(replayed).toBeGreaterThan(20);
});

/** As when somebody puts back an old copy of the database file: it ends earlier, then goes its own way. */
class OlderSource extends MemorySource {
  override async nonceOf(seq: number): Promise<string | null> {
    return seq > 100 ? `another-${seq}` : super.nonceOf(asSeq(seq));
  }
}

test('an older database that went another way under a newer snapshot: the snapshot is refused', async () => {
  const older = new OlderSource(DIMENSION);
  const random = seededRandom(8);
  for (let n = 0; n < 400; n += 1) older.create({ vector: randomUnitVector(random, DIMENSION) });
  const { collection } = await openCollection({ source: older, files: new MemoryFiles(whole), spec });
  const { recovery, vectors } = await collection.status();
  expect(recovery?.source).toBe('rebuild');
  expect(recovery?.reasons.join()).toContain('another change');
  expect(vectors).toBe(400);
  await collection.close();
});

test('an older database that ends earlier: the snapshot knows a change that is not there, and is refused', async () => {
  const shorter = new MemorySource(DIMENSION);
  for (let n = 0; n < 150; n += 1) shorter.create({ vector: randomUnitVector(seededRandom(n), DIMENSION) });
  const { collection } = await openCollection({ source: shorter, files: new MemoryFiles(whole), spec });
  const { recovery, vectors } = await collection.status();
  expect(recovery).toMatchObject({ source: 'rebuild' });
  expect(recovery?.reasons.join()).toContain('which the database does not have');
  expect(vectors).toBe(150);
  await collection.close();
});

class OtherSource extends MemorySource {
  override async identity() {
    return { databaseUuid: 'another', epoch: 1 };
  }
}

test('the snapshot of another database is refused although every number fits', async () => {
  const other = new OtherSource(DIMENSION);
  for (let n = 0; n < 400; n += 1) other.create({ vector: randomUnitVector(seededRandom(n), DIMENSION) });
  const { collection } = await openCollection({ source: other, files: new MemoryFiles(whole), spec });
  const { recovery } = await collection.status();
  expect(recovery).toMatchObject({ source: 'rebuild' });
  expect(recovery?.reasons.join()).toContain('another database');
  await collection.close();
});

test('the check sees a planted bug: a segment whose damage nobody notices', async () => {
  // The manifest is made to agree with a segment in which one vector was altered.
  const name = names('segment-')[0]!;
  const bytes = whole.get(name)!.slice();
  bytes.set(bytes.subarray(bytes.length - 256), bytes.length - 512);
  const folder = replaced(name, bytes);
  for (const manifest of ['manifest', 'manifest.backup']) {
    const [, json = ''] = new TextDecoder().decode(folder.get(manifest)).split(/\n(.*)/s);
    const fitted = json.replaceAll(await digestOf(whole.get(name)!), await digestOf(bytes));
    const body = new TextEncoder().encode(fitted);
    folder.set(manifest, new TextEncoder().encode(`${await digestOf(body)}\n${fitted}`));
  }
  await expect(openAndCheck(folder, 'forged')).rejects.toThrow('forged');
});

async function digestOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes));
  return Buffer.from(digest).toString('hex');
}
