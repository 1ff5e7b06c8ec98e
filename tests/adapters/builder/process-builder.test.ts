import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProcessBuilder } from '../../../adapters/builder/process/process-builder.ts';
import { systemClock } from '../../../adapters/clock/system-clock.ts';
import { NodeFiles } from '../../../adapters/files/node/node-files.ts';
import { asVectorId } from '../../../src/core/ids.ts';
import type { BuildInput, BuildTask } from '../../../src/core/ports/segment-builder.ts';
import { sha256Hex } from '../../../src/core/snapshot/checksum.ts';
import { decodeSegment } from '../../../src/core/snapshot/segment-file.ts';
import { compiledEntry } from '../../support/compiled-entry.ts';
import { DIMENSION, HostWorld, vectorOf } from '../../support/host-world.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

const entry = await compiledEntry('src/entry/builder-process.ts');

let world: HostWorld;
let builder: ProcessBuilder;
let files: NodeFiles;

beforeEach(async () => {
  world = await HostWorld.create();
  await world.create(1, 20);
  const { databaseUrl, databaseAuthToken, fingerprint } = world.spec();
  const directory = join(world.directory, 'index');
  files = await NodeFiles.open(directory);
  builder = new ProcessBuilder({
    entry,
    target: { directory, databaseUrl, databaseAuthToken, fingerprint },
    clock: systemClock,
    logger: new RecordingLogger(),
  });
});

afterEach(async () => {
  await builder.close();
  await world.dispose();
});

const taskOf = (fileName: string, input: BuildInput): BuildTask => ({
  fileName,
  backend: 'hnswlib-wasm',
  parameters: { kind: 'hnsw', dimension: DIMENSION, hnsw: { m: 16, efConstruction: 80, efSearch: 64 } },
  input,
});

const everyId = Array.from({ length: 20 }, (_, index) => asVectorId(index + 1));

test('reads the database, builds a graph, and leaves a whole file', async () => {
  const built = (await builder.build(taskOf('segment-00000001-a', { from: 'database', ids: everyId })))!;
  const bytes = (await files.read(built.fileName))!;
  expect(built).toMatchObject({ rows: 20, bytes: bytes.length, sha256: await sha256Hex(bytes) });
  const data = decodeSegment(bytes);
  expect([...data.ids]).toEqual(everyId);
  expect(data.vectors.subarray(0, DIMENSION)).toEqual(vectorOf(1));
  expect(data.backendBytes?.length).toBeGreaterThan(0);
  expect(await files.list()).toEqual([built.fileName]);
});

test('merges the live rows of segments, which it checks first', async () => {
  const rows = (from: number, to: number): BuildInput => ({
    from: 'rows',
    ids: Float64Array.from(everyId.slice(from, to)),
    vectors: Float32Array.from(everyId.slice(from, to).flatMap((id) => [...vectorOf(id)])),
  });
  const first = (await builder.build(taskOf('segment-00000001-a', rows(10, 20))))!;
  const second = (await builder.build(taskOf('segment-00000002-a', rows(0, 10))))!;
  const keep = (built: typeof first, ...keepRows: number[]) => ({
    ...built,
    keepRows: Uint32Array.from(keepRows),
  });
  const segments = [keep(first, 0, 9), keep(second, 0, 1, 5)];
  const merged = (await builder.build(taskOf('segment-00000003-a', { from: 'segments', segments })))!;
  const { ids, vectors } = decodeSegment((await files.read(merged.fileName))!);
  expect([...ids]).toEqual([1, 2, 6, 11, 20]);
  expect(vectors.subarray(3 * DIMENSION, 4 * DIMENSION)).toEqual(vectorOf(11));

  const damaged = (await files.read(first.fileName))!;
  damaged[damaged.length - 1]! ^= 1;
  await files.write(first.fileName, [damaged]);
  await expect(
    builder.build(taskOf('segment-00000004-a', { from: 'segments', segments })),
  ).rejects.toMatchObject({ code: 'CORRUPT' });
});

test('works at the lowest priority, one process for many tasks', async () => {
  await builder.build(taskOf('segment-00000001-a', { from: 'database', ids: everyId }));
  const pid = builder.pid!;
  expect(getPriority(pid)).toBe(19);
  await Promise.all([
    builder.build(taskOf('segment-00000002-a', { from: 'database', ids: everyId })),
    builder.build(taskOf('segment-00000003-a', { from: 'database', ids: everyId })),
  ]);
  expect(builder.pid).toBe(pid);
});

test('killed in the middle of a build: it is refused as retryable, nothing is there, and the next one works', async () => {
  await builder.build(taskOf('segment-00000001-a', { from: 'database', ids: everyId }));
  const refused = expect(
    builder.build(taskOf('segment-00000002-a', { from: 'database', ids: everyId })),
  ).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  process.kill(builder.pid!, 'SIGKILL');
  await refused;
  expect(await files.list()).not.toContain('segment-00000002-a');
  const built = await builder.build(taskOf('segment-00000002-a', { from: 'database', ids: everyId }));
  expect(built?.rows).toBe(20);
});

test('when every vector it was to hold is gone meanwhile there is no segment, and no file', async () => {
  const gone = [asVectorId(1_000), asVectorId(1_001)];
  expect(await builder.build(taskOf('segment-00000001-a', { from: 'database', ids: gone }))).toBeNull();
  expect(await files.list()).toEqual([]);
});

test('a closed builder ends its process and takes no more tasks', async () => {
  await builder.build(taskOf('segment-00000001-a', { from: 'database', ids: everyId }));
  await builder.close();
  expect(builder.pid).toBeNull();
  await expect(
    builder.build(taskOf('segment-00000002-a', { from: 'database', ids: everyId })),
  ).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
