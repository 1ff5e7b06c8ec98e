import { InlineBuilder } from '../../../src/core/snapshot/inline-builder.ts';
import type { BuildInput } from '../../../src/core/ports/segment-builder.ts';
import type { Files } from '../../../src/core/ports/files.ts';
import type { IndexSource } from '../../../src/core/ports/index-source.ts';
import type { ManifestSegment } from '../../../src/core/snapshot/manifest.ts';
import type { OpenedSnapshot } from '../../../src/core/snapshot/open-snapshot.ts';
import { SnapshotStore } from '../../../src/core/snapshot/snapshot-store.ts';
import { DIMENSION, idsOf, mark, nonceOf, owner, record, segment, vectorOf, vectorsOf } from './sample.ts';

/**
 * The made-up history that the crash tests play: change n adds vector n, except every fifth, which
 * kills the vector added three changes before.
 */
const killedBy = (seq: number): number | null => (seq % 5 === 0 ? seq - 3 : null);

export function liveAt(seq: number): readonly number[] {
  const live = new Set<number>();
  for (let change = 1; change <= seq; change += 1) {
    const killed = killedBy(change);
    if (killed === null) live.add(change);
    else live.delete(killed);
  }
  return [...live];
}

export function recordOf(after: number, last: number) {
  const changes = Array.from({ length: last - after }, (_, index) => after + 1 + index);
  const removed = changes.map(killedBy).filter((id) => id !== null);
  return record(
    after,
    last,
    changes.filter((change) => killedBy(change) === null),
    removed,
  );
}

const clock = {
  nowMs: () => 1_790_000_000_000,
  monotonicMs: () => 0,
  setTimer: () => ({ cancel: () => undefined }),
};

export const storeOn = (files: Files): SnapshotStore => new SnapshotStore({ files, clock, owner });

/** What the play was promised so far. */
export interface Progress {
  /** The log has everything up to here. */
  appendedTo: number;
  /** A manifest of this generation is published; 0 before the first. */
  generation: number;
}

/** A life of an index: writes, seals, merges and saves, each step tried again when it fails once. */
export async function play(files: Files, progress: Progress): Promise<void> {
  const store = storeOn(files);
  const step = <T>(action: () => Promise<T>): Promise<T> => action().catch(action);
  await step(() => store.open(nonceOf));
  let logFrom = await step(() => store.beginChain(mark(0)));
  let segments: ManifestSegment[] = [];

  const write = async (after: number, last: number): Promise<void> => {
    await step(() => store.append([recordOf(after, last)]));
    progress.appendedTo = last;
  };
  const publish = async (asOf: number): Promise<void> => {
    const published = segments.map((one) => ({ ...one, tombstones: deadRows(one.file, asOf) }));
    const { generation } = await step(() =>
      store.publish({ segments: published, logFrom, asOf: mark(asOf) }),
    );
    progress.generation = generation;
    await step(() => store.collectGarbage());
  };
  const rowsOf = new Map<string, readonly number[]>();
  const deadRows = (file: string, asOf: number): number[] => {
    const live = new Set(liveAt(asOf));
    return rowsOf.get(file)!.flatMap((id, row) => (live.has(id) ? [] : [row]));
  };
  const build = async (input: BuildInput, ids: readonly number[]): Promise<ManifestSegment> => {
    const file = store.reserveSegmentName();
    const built = await step(() => builderOn(files).build(taskOf(file, input)));
    rowsOf.set(file, ids);
    const { rows, bytes, sha256 } = built!;
    return { file, rows, bytes, sha256, kind: 'flat', backend: 'flat', tombstones: [] };
  };
  const seal = async (after: number, last: number): Promise<void> => {
    const nextLog = await step(() => store.rotate());
    const ids = liveAt(last).filter((id) => id > after);
    const sealed = await build({ from: 'rows', ids: idsOf(...ids), vectors: vectorsOf(...ids) }, ids);
    segments = [...segments, sealed];
    logFrom = nextLog;
  };

  await write(0, 2);
  await publish(2);
  await write(2, 6);
  await write(6, 7);
  await seal(0, 7);
  await write(7, 8);
  await publish(8);
  await write(8, 11);
  await seal(7, 11);
  await write(11, 12);
  await publish(12);
  const keep = segments.map((one) => {
    const dead = new Set(deadRows(one.file, 12));
    const rows = rowsOf.get(one.file)!.map((_, row) => row);
    return {
      fileName: one.file,
      bytes: one.bytes,
      sha256: one.sha256,
      keepRows: Uint32Array.from(rows.filter((row) => !dead.has(row))),
    };
  });
  const merged = keep.flatMap((one) => [...one.keepRows].map((row) => rowsOf.get(one.fileName)![row]!));
  segments = [await build({ from: 'segments', segments: keep }, merged)];
  await publish(12);
  await write(12, 15);
  await store.close();
}

const taskOf = (fileName: string, input: BuildInput) => ({
  fileName,
  backend: 'flat' as const,
  parameters: { kind: 'flat' as const, dimension: DIMENSION, hnsw: segment().hnsw },
  input,
});

const builderOn = (files: Files): InlineBuilder =>
  new InlineBuilder({
    files,
    // Neither rows nor segments ask the database or the backend, where flat vectors are written.
    source: null as unknown as IndexSource,
    backend: () => Promise.reject(new Error('a flat segment needs no backend')),
    fingerprint: owner.fingerprint,
  });

/** The vectors that an opened snapshot says are alive, each checked against its id. */
export function liveIn(snapshot: OpenedSnapshot): readonly number[] {
  const removed = new Set(snapshot.growing.flatMap((log) => [...log.removed]));
  const live: number[] = [];
  const take = (ids: Float64Array, vectors: Float32Array, tombstones: readonly number[]): void => {
    const dead = new Set(tombstones);
    ids.forEach((id, row) => {
      if (dead.has(row) || removed.has(id)) return;
      const vector = vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION);
      live.push(vectorOf(id).every((value, index) => value === vector[index]) ? id : Number.NaN);
    });
  };
  for (const { entry, data } of snapshot.segments) take(data.ids, data.vectors, entry.tombstones);
  for (const log of snapshot.growing) take(log.ids, log.vectors, []);
  return live.toSorted((one, other) => one - other);
}

/** What is wrong with a folder found after a crash, in words; null when every promise was kept. */
export async function brokenPromise(files: Files, promised: Progress): Promise<string | null> {
  const { snapshot, reasons } = await storeOn(files).open(nonceOf);
  if (snapshot === null) {
    return promised.generation === 0 ? null : `no snapshot is left: ${reasons.join('; ')}`;
  }
  const { completeTo, manifest } = snapshot;
  if (manifest.generation < promised.generation) return `generation ${promised.generation} is lost`;
  if (completeTo.seq < promised.appendedTo)
    return `complete to ${completeTo.seq}, not to ${promised.appendedTo}`;
  const [found, expected] = [liveIn(snapshot), liveAt(completeTo.seq)];
  if (String(found) !== String(expected))
    return `at ${completeTo.seq} it holds ${String(found)} instead of ${String(expected)}`;
  return null;
}
