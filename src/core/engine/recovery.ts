import { ChlError, toChlError } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import { asEntryKey, asVectorId } from '../ids.ts';
import type { Guard, ObservedMutex } from '../locks/observed-mutex.ts';
import type { RecoverySource, RecoveryStatus } from '../ports/index-host.ts';
import type { ChangeMark, VectorPage } from '../ports/index-source.ts';
import type { VectorBackend } from '../ports/vector-backend.ts';
import type { OpenedSegment, OpenedSnapshot } from '../snapshot/open-snapshot.ts';
import { SnapshotStore } from '../snapshot/snapshot-store.ts';
import { ChangeApplier } from './change-applier.ts';
import type { ChosenScanKernels } from './choose-scan-kernels.ts';
import type { CollectionOptions } from './collection-options.ts';
import { DocumentTable } from './document-table.ts';
import { IndexState, type VectorEffects } from './index-state.ts';
import { logRecord } from './log-record.ts';
import { Maintenance } from './maintenance.ts';
import { BEGINNING, Persistence } from './persistence.ts';
import { scanDocuments } from './scan-documents.ts';
import { TimeSlice } from './scheduler.ts';
import { SegmentJobs } from './segment-jobs.ts';
import { SegmentLoader } from './segment-loader.ts';
import { isUsableVector } from './vector-check.ts';
import { WordFilling } from './word-filling.ts';

/** Documents read at once: without their texts about half a megabyte. */
const PAGE_DOCUMENTS = 4_000;

export interface RecoveryContext {
  readonly options: CollectionOptions;
  readonly backend: VectorBackend;
  readonly scanning: ChosenScanKernels;
  readonly writeLock: ObservedMutex;
  readonly maintenanceLock: ObservedMutex;
  /** Aborted when the collection closes. */
  readonly signal: AbortSignal;
}

/** An open collection's parts, wired together. */
export interface OpenIndex {
  readonly backend: VectorBackend;
  readonly scanning: ChosenScanKernels;
  readonly state: IndexState;
  readonly store: SnapshotStore;
  readonly persistence: Persistence;
  readonly changes: ChangeApplier;
  readonly maintenance: Maintenance;
  readonly words: WordFilling;
  readonly recovery: RecoveryStatus;
}

/**
 * The recovery ladder, the same for every start, clean or not:
 *
 * 1. Documents are read from the database, without their texts: they say what is alive.
 * 2. Segments and growing logs are taken from the newest whole snapshot, or its backup. They only say
 *    where vectors lie; rows of vectors that are not alive are dead.
 * 3. Live vectors that no file had are read from the database: into the growing segment when they
 *    are few, else (all of them, without a snapshot) a segment is built.
 * 4. What was committed meanwhile is applied.
 *
 * Then vectors can be searched. The words of the documents are indexed afterwards, by `words`.
 *
 * @throws what the database or the builder throws; then nothing is kept and it may be tried again
 */
export function recover(context: RecoveryContext): Promise<OpenIndex> {
  return context.writeLock.runExclusive('open', (held) => new Recovery(context).run(held));
}

class Recovery {
  readonly #context: RecoveryContext;
  readonly #reasons: string[] = [];
  readonly #startedAtMs: number;

  constructor(context: RecoveryContext) {
    this.#context = context;
    this.#startedAtMs = context.options.clock.monotonicMs();
  }

  async run(held: Guard): Promise<OpenIndex> {
    const { options } = this.#context;
    const { source, spec } = options;
    const { fingerprint, dimension } = spec;
    const owner = { ...(await source.identity()), fingerprint, dimension };
    const store = new SnapshotStore({ files: options.files, clock: options.clock, owner });
    const horizon = await source.horizon();
    const index = this.#wire(store, horizon);
    try {
      // Side by side: over a network one of them waits while the other works. The files hold nothing
      // that is newer than the horizon, since nobody has written them since they were opened.
      const opening = store.open((seq) => source.nonceOf(seq));
      const reading = this.#readDocuments(index.state);
      await Promise.allSettled([opening, reading]);
      await reading;
      index.words.documentsAreRead();
      const outcome = await opening;
      this.#reasons.push(...outcome.reasons);
      failpoint('recovery.before-snapshot');
      if (outcome.snapshot !== null) await this.#takeSnapshot(outcome.snapshot, index);
      const missing = await this.#readMissing(index, outcome.snapshot, horizon, held);
      failpoint('recovery.before-catch-up');
      await index.changes.catchUp((await source.horizon()).seq, held);
      const from = sourceOf(outcome.snapshot, missing);
      if (from === 'rebuild' && this.#reasons.length === 0) this.#reasons.push('no snapshot has been saved');
      return { ...index, recovery: this.#status(index.state, from, outcome.snapshot?.completeTo ?? null) };
    } catch (error) {
      index.state.close();
      await store.close();
      throw error;
    }
  }

  #wire(store: SnapshotStore, applied: ChangeMark): WiredIndex {
    const { options, backend, scanning, writeLock, maintenanceLock, signal } = this.#context;
    const { kernels } = scanning;
    const { spec, files, builder, source, clock, logger } = options;
    const persistence = new Persistence({ store, policy: spec.savePolicy, writeLock, logger });
    const state = new IndexState(
      {
        dimension: spec.dimension,
        growingMaxRows: spec.growingMaxVectors,
        kernels,
        table: new DocumentTable(),
        text: options.createTextIndex(),
        currentLog: () => persistence.currentLog,
      },
      applied,
    );
    const loader = new SegmentLoader({ spec, backend, kernels, builder, files, store, clock, signal });
    const growingMaxRows = spec.growingMaxVectors;
    const words = new WordFilling({ state, source, clock, signal });
    const parts = { state, persistence, writeLock, clock, logger };
    const jobs = new SegmentJobs({ ...parts, loader, words, growingMaxRows });
    const changes = new ChangeApplier({ ...parts, source });
    const maintenance = new Maintenance({
      spec,
      state,
      jobs,
      persistence,
      maintenanceLock,
      clock,
      logger,
    });
    return { backend, scanning, state, store, persistence, changes, maintenance, words, loader, jobs };
  }

  async #readDocuments(state: IndexState): Promise<void> {
    const { source, clock } = this.#context.options;
    const scan = { after: asEntryKey(0), pageDocuments: PAGE_DOCUMENTS, text: false };
    const slice = new TimeSlice(clock);
    for await (const page of scanDocuments(source, scan)) {
      for (const document of page) {
        state.addDocument(document);
        await slice.giveWay();
      }
    }
  }

  async #takeSnapshot(snapshot: OpenedSnapshot, index: WiredIndex): Promise<void> {
    for (const segment of snapshot.segments) await this.#takeSegment(segment, index);
    index.persistence.resume();
    const { dimension } = index.state;
    for (const log of snapshot.growing) {
      index.persistence.readingLog(log.number);
      log.ids.forEach((id, row) => {
        index.state.addVector(asVectorId(id), log.vectors.subarray(row * dimension, (row + 1) * dimension));
      });
    }
    index.persistence.diedUnrecorded(unrecordedDeaths(snapshot, index.state.table));
  }

  /** A segment that this backend cannot load costs time, not entries: its vectors count as missing. */
  async #takeSegment({ entry, data }: OpenedSegment, { loader, jobs }: WiredIndex): Promise<void> {
    try {
      const file = { name: entry.file, bytes: entry.bytes, sha256: entry.sha256 };
      await jobs.takeIn(await loader.load(data, file));
    } catch (error) {
      this.#reasons.push(`${entry.file}: ${toChlError(error, 'index.load').message}`);
    }
  }

  /** @returns how many live vectors no file had */
  async #readMissing(
    index: WiredIndex,
    snapshot: OpenedSnapshot | null,
    horizon: ChangeMark,
    held: Guard,
  ): Promise<number> {
    const { state, persistence, maintenance, loader, jobs } = index;
    const { source, spec } = this.#context.options;
    const ids = Array.from(state.table.vectorIds('nowhere'), asVectorId);
    const areFew = ids.length <= spec.growingMaxVectors;
    let effects: readonly VectorEffects[] = [];
    if (areFew) effects = this.#addVectors(state, ids.length === 0 ? null : await source.vectors(ids));
    else {
      const parts = await loader.build({ from: 'database', ids }, ids.length);
      if (parts !== null) await jobs.takeIn(parts);
    }
    if (!areFew || (snapshot === null && spec.savePolicy === 'immediate')) maintenance.markManifestBehind();
    if (snapshot === null) persistence.startAfter(areFew ? BEGINNING : horizon);
    const after = persistence.durableTo.seq;
    if (horizon.seq > after) {
      await persistence.note(logRecord({ after, last: horizon, effects }, state.dimension), held);
    }
    return ids.length;
  }

  #addVectors(state: IndexState, page: VectorPage | null): readonly VectorEffects[] {
    if (page === null) return [];
    const { dimension } = state;
    if (page.vectors.length !== page.ids.length * dimension) {
      throw new ChlError('CORRUPT', `The database holds vectors that do not have ${dimension} dimensions.`);
    }
    const effects: VectorEffects[] = [];
    page.ids.forEach((value, row) => {
      const id = asVectorId(value);
      const vector = page.vectors.subarray(row * dimension, (row + 1) * dimension);
      if (!isUsableVector(vector, dimension)) return;
      state.addVector(id, vector);
      effects.push({ added: { id, vector }, removed: null });
    });
    return effects;
  }

  #status(state: IndexState, source: RecoverySource, completeTo: ChangeMark | null): RecoveryStatus {
    return {
      source,
      replayed: completeTo === null ? 0 : state.applied.seq - completeTo.seq,
      reasons: this.#reasons,
      durationMs: this.#context.options.clock.monotonicMs() - this.#startedAtMs,
    };
  }
}

interface WiredIndex extends Omit<OpenIndex, 'recovery'> {
  readonly loader: SegmentLoader;
  readonly jobs: SegmentJobs;
}

/** Vector ids that the snapshot takes for alive, and the database does not. */
function unrecordedDeaths({ segments, growing }: OpenedSnapshot, table: DocumentTable): readonly number[] {
  const recorded = new Set(growing.flatMap(({ removed }) => [...removed]));
  const deaths = new Set<number>();
  const look = (id: number): void => {
    if (table.findVector(asVectorId(id)) === undefined && !recorded.has(id)) deaths.add(id);
  };
  for (const { entry, data } of segments) {
    const tombstones = new Set(entry.tombstones);
    data.ids.forEach((id, row) => (tombstones.has(row) ? undefined : look(id)));
  }
  for (const { ids } of growing) ids.forEach(look);
  return [...deaths];
}

function sourceOf(snapshot: OpenedSnapshot | null, missing: number): RecoverySource {
  if (snapshot !== null) return snapshot.source;
  return missing > 0 ? 'rebuild' : 'empty';
}
