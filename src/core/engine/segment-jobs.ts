import { asVectorId } from '../ids.ts';
import { failpoint } from '../failpoints.ts';
import type { Guard, ObservedMutex } from '../locks/observed-mutex.ts';
import type { Clock, Logger } from '../ports/runtime.ts';
import type { BuildInput } from '../ports/segment-builder.ts';
import type { IndexState } from './index-state.ts';
import { chooseMerge, FAN_OUT } from './merge-policy.ts';
import type { Persistence } from './persistence.ts';
import { TimeSlice } from './scheduler.ts';
import type { SealedSegment, SealedSegmentParts } from './sealed-segment.ts';
import type { SegmentLoader } from './segment-loader.ts';
import type { Segment } from './segment.ts';
import type { WordFilling } from './word-filling.ts';

/** Rows whose location is moved between two looks at the clock. */
const HAND_OVER_ROWS = 1_024;

/**
 * Frozen segments that are sealed at once: as many as a merge would make one of. After a pause there may be
 * dozens, and all of them together would be copied and hashed in one go. Eight of 1,000 rows are 12 MB.
 */
export const SEAL_SEGMENTS_MAX = FAN_OUT;

export interface SegmentJobsOptions {
  readonly state: IndexState;
  readonly loader: SegmentLoader;
  /** Until they are in, slots keep their numbers; a start reads hardly any dead ones. */
  readonly words: Pick<WordFilling, 'isDone'>;
  readonly persistence: Persistence;
  readonly writeLock: ObservedMutex;
  readonly growingMaxRows: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Replacement {
  readonly dropped: readonly Segment[];
  /** Null when none of their rows is alive. */
  readonly input: BuildInput | null;
  readonly rows: number;
}

/** Loaded, and not searched yet. */
export interface BuiltReplacement {
  takeOver(): Promise<void>;
}

/**
 * Sealing, merging and rebuilding are one operation: build a segment of the live rows of some
 * segments that nothing is added to any more, let it take over, drop them. Neither searches nor
 * writes wait. What dies meanwhile dies in the document table, so it is dead in the new segment too;
 * what is written meanwhile goes to the growing segment, which is not among the dropped.
 */
export class SegmentJobs {
  readonly #options: SegmentJobsOptions;

  constructor(options: SegmentJobsOptions) {
    this.#options = options;
  }

  /** Of a segment that is about to take over. */
  get loadingBytes(): number {
    return this.#options.loader.loadingBytes;
  }

  /** The oldest frozen segments into one: when builds are slower than writes, several at once. */
  async seal(): Promise<void> {
    const { state } = this.#options;
    const dropped = state.view.frozen.slice(0, SEAL_SEGMENTS_MAX);
    const { ids, vectors } = liveRows(state, dropped);
    const input = ids.length === 0 ? null : ({ from: 'rows', ids, vectors } as const);
    await (await this.#build({ dropped, input, rows: ids.length })).takeOver();
  }

  /** Ids of the segments to merge next; null when the policy is content. */
  nextMerge(): readonly number[] | null {
    const { state, growingMaxRows } = this.#options;
    const candidates = state.view.sealed.map(({ id }) => ({ id, liveRows: state.table.liveRowsOf(id) }));
    return chooseMerge(candidates, growingMaxRows);
  }

  /** Builds what is to take over from them, which `takeOver` of the answer makes it do. */
  async merge(ids: readonly number[]): Promise<BuiltReplacement> {
    const { state } = this.#options;
    const dropped = state.view.sealed.filter((segment) => ids.includes(segment.id));
    const segments = dropped.map((segment) => ({
      fileName: segment.file.name,
      bytes: segment.file.bytes,
      sha256: segment.file.sha256,
      keepRows: state.liveRowsOf(segment),
    }));
    const rows = segments.reduce((sum, { keepRows }) => sum + keepRows.length, 0);
    return this.#build({ dropped, input: rows === 0 ? null : { from: 'segments', segments }, rows });
  }

  /**
   * Everything anew, with the vectors that the database has.
   * @param onProgress 0–1
   * @returns how many vectors the new segment has
   */
  async rebuild(onProgress: (progress: number) => void): Promise<number> {
    const { state, persistence, writeLock, words } = this.#options;
    onProgress(0);
    const replacement = await writeLock.runExclusive('rebuild', async (held: Guard): Promise<Replacement> => {
      const frozen = freezeAll(state);
      if (frozen.hasChanged) await persistence.rotate(held);
      return frozen.replacement;
    });
    onProgress(0.05);
    const built = await this.#build(replacement);
    onProgress(0.9);
    await built.takeOver();
    if (words.isDone) await this.#compact();
    onProgress(1);
    return replacement.rows;
  }

  async #build({ dropped, input, rows }: Replacement): Promise<BuiltReplacement> {
    const parts = input === null ? null : await this.#options.loader.build(input, rows);
    return { takeOver: () => this.#takeOver(dropped, parts) };
  }

  async #takeOver(dropped: readonly Segment[], parts: SealedSegmentParts | null): Promise<void> {
    const { state, logger } = this.#options;
    failpoint('segment.before-take-over');
    if (parts !== null) await this.takeIn(parts);
    const lost = state.dropSegments(new Set(dropped));
    failpoint('segment.before-save');
    // Their entries were deleted and the change is on its way here; or the database is damaged.
    if (lost > 0) logger.warn({ lost }, 'the database had no vectors for some live documents');
  }

  async #compact(): Promise<void> {
    const { state, clock } = this.#options;
    const compaction = state.compaction();
    const slice = new TimeSlice(clock);
    while (compaction.step()) await slice.giveWay();
    compaction.finish();
  }

  /** A slice at a time: a search sees each vector in exactly one place, before, while and after. */
  async takeIn(parts: SealedSegmentParts): Promise<SealedSegment> {
    const { state, clock } = this.#options;
    const segment = state.addSegment(parts);
    const slice = new TimeSlice(clock);
    for (let row = 0; row < segment.rows; row += HAND_OVER_ROWS) {
      state.handOver(segment, row, Math.min(row + HAND_OVER_ROWS, segment.rows));
      await slice.giveWay();
    }
    return segment;
  }
}

interface Rows {
  readonly ids: Float64Array;
  /** ids.length × dimension, row-major. */
  readonly vectors: Float32Array;
}

/** Of one segment without a dead row they are its own arrays: nothing is appended to it any more. */
function liveRows(state: IndexState, segments: readonly Segment[]): Rows {
  const { dimension } = state;
  const [first] = segments;
  if (first !== undefined && segments.length === 1 && state.tombstonesOf(first) === 0) {
    const { rows } = first;
    return { ids: first.ids.subarray(0, rows), vectors: first.vectors.subarray(0, rows * dimension) };
  }
  const live = segments.map((segment) => ({ segment, rows: state.liveRowsOf(segment) }));
  const count = live.reduce((sum, { rows }) => sum + rows.length, 0);
  const [ids, vectors] = [new Float64Array(count), new Float32Array(count * dimension)];
  let at = 0;
  for (const { segment, rows } of live) {
    for (const row of rows) {
      ids[at] = segment.ids[row]!;
      vectors.set(segment.vectors.subarray(row * dimension, (row + 1) * dimension), at * dimension);
      at += 1;
    }
  }
  return { ids, vectors };
}

/** One step: what is growing is frozen, and everything that lives now is listed. */
function freezeAll(state: IndexState): { readonly hasChanged: boolean; readonly replacement: Replacement } {
  const { growing } = state.view;
  state.freeze();
  const ids = Array.from(state.table.vectorIds(), asVectorId);
  const dropped = [...state.view.sealed, ...state.view.frozen];
  const input = ids.length === 0 ? null : ({ from: 'database', ids } as const);
  return { hasChanged: state.view.growing !== growing, replacement: { dropped, input, rows: ids.length } };
}
