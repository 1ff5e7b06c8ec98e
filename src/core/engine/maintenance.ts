import { toChlError } from '../errors.ts';
import type { ObservedMutex } from '../locks/observed-mutex.ts';
import type { CollectionSpec, RebuildReport, SaveReport } from '../ports/index-host.ts';
import type { Clock, Logger, Timer } from '../ports/runtime.ts';
import type { IndexState } from './index-state.ts';
import type { Persistence } from './persistence.ts';
import { SEAL_SEGMENTS_MAX, type SegmentJobs } from './segment-jobs.ts';

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/**
 * So many vectors may wait to be sealed before writes are held back: 1.5 to 3 ms of a search with 384
 * dimensions, and 130 MB. Two segments at least, whatever their size.
 */
const UNSEALED_ROWS_MAX = 64_000;
/** How long a group of writes is held back then, at most: 256 writes a second, and a core for the builder. */
const HOLD_BACK_MS = 1_000;

export interface MaintenanceOptions {
  readonly spec: CollectionSpec;
  readonly state: IndexState;
  readonly jobs: SegmentJobs;
  readonly persistence: Persistence;
  /** Held by one job at a time: a save, a seal, a rebuild, or a merge when what it built takes over. */
  readonly maintenanceLock: ObservedMutex;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Decides what is due and does it, one job at a time: rebuild, seal, save. Beside them at most one merge is
 * built, since a large one takes minutes at low priority, for which seals and saves would wait. A job that
 * fails is logged and tried again after a growing pause; the index answers from what it has meanwhile.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  #isRunning = false;
  #isStopped = false;
  #failures = 0;
  #retry: Timer | null = null;
  #periodicSave: Timer | null = null;
  #rebuilding: Promise<RebuildReport> | null = null;
  /** The merge that is being built or takes over. Never rejects. */
  #merging: Promise<void> | null = null;
  #progress = 0;
  #rebuilds = 0;
  #merges = 0;
  /** Segments have changed since the last manifest. */
  #isManifestBehind = false;
  readonly #heldBack = new Set<() => void>();

  constructor(options: MaintenanceOptions) {
    this.#options = options;
  }

  get counters(): { readonly rebuilds: number; readonly merges: number } {
    return { rebuilds: this.#rebuilds, merges: this.#merges };
  }

  get rebuildStatus(): { readonly running: boolean; readonly progress: number } {
    return { running: this.#rebuilding !== null, progress: this.#progress };
  }

  /** Of a segment that a job has read and that does not answer yet. */
  get loadingBytes(): number {
    return this.#options.jobs.loadingBytes;
  }

  get needsRebuild(): boolean {
    return this.#options.state.tombstoneRatio > this.#options.spec.rebuildThreshold;
  }

  /** What the files hold is no longer what is searched: the next save is due. */
  markManifestBehind(): void {
    this.#isManifestBehind = true;
  }

  /** After opening: keeps what the recovery had to make, then does whatever else is due. */
  async settle(): Promise<void> {
    // Counted and logged by `persistence`; `wake` tries again.
    if (this.#isManifestBehind) await this.save().catch(() => undefined);
    if (this.#options.spec.savePolicy === 'periodic') this.#schedulePeriodicSave();
    this.wake();
  }

  /** Something has changed: does whatever is due, in the background. */
  wake(): void {
    if (this.#isRunning || this.#retry !== null || this.#isStopped) return;
    this.#isRunning = true;
    void this.#work();
  }

  /**
   * Resolves at once unless full segments pile up faster than they are built: then when that is over, or
   * after HOLD_BACK_MS. A build that fails holds nobody back, since there is nothing to wait for.
   */
  keepPace(): Promise<void> {
    if (!this.#isBehind) return Promise.resolve();
    const { clock, logger, state } = this.#options;
    if (this.#heldBack.size === 0) {
      logger.warn(
        { segments: state.view.frozen.length },
        'segments are built too slowly; writes are held back',
      );
    }
    return new Promise((resolve) => {
      const goOn = (): void => {
        timer.cancel();
        this.#heldBack.delete(goOn);
        resolve();
      };
      const timer = clock.setTimer(goOn, HOLD_BACK_MS);
      this.#heldBack.add(goOn);
    });
  }

  get #isBehind(): boolean {
    const { state, spec } = this.#options;
    const segmentsMax = Math.max(2, Math.ceil(UNSEALED_ROWS_MAX / spec.growingMaxVectors));
    return this.#isRunning && !this.#isStopped && state.view.frozen.length >= segmentsMax;
  }

  #letGo(): void {
    for (const goOn of this.#heldBack) goOn();
  }

  /** Joins a rebuild that is under way. */
  rebuild(): Promise<RebuildReport> {
    this.#rebuilding ??= this.#runRebuild().finally(() => {
      this.#rebuilding = null;
      this.wake();
    });
    return this.#rebuilding;
  }

  save(): Promise<SaveReport> {
    return this.#exclusively('save', () => this.#save());
  }

  /** Never fails: what cannot be saved is counted and logged, and recovered by the next start. */
  async saveIfDirty(): Promise<void> {
    const { state, persistence } = this.#options;
    if (!this.#isManifestBehind && persistence.durableTo.seq >= state.applied.seq) return;
    await this.save().catch(() => undefined);
  }

  /** Ends timers; builds under way end by the signal. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#retry?.cancel();
    this.#periodicSave?.cancel();
    this.#letGo();
    await this.#merging;
    await this.#exclusively('stop', () => Promise.resolve());
  }

  async #work(): Promise<void> {
    try {
      for (let job = this.#nextJob(); job !== null; job = this.#nextJob()) {
        await job();
        if (!this.#isBehind) this.#letGo();
      }
      if (this.#merging === null) this.#failures = 0;
    } catch (error) {
      this.#retryLater(error);
    } finally {
      this.#isRunning = false;
      this.#letGo();
    }
  }

  /** The most pressing job, null when nothing is due. */
  #nextJob(): (() => Promise<unknown>) | null {
    const { state, jobs, persistence, spec } = this.#options;
    if (this.#isStopped) return null;
    if (this.needsRebuild) return () => this.rebuild();
    const mayMerge = this.#merging === null && this.#rebuilding === null;
    const merge = mayMerge ? jobs.nextMerge() : null;
    if (merge !== null) return () => this.#startMerge(merge);
    // While a merge runs what it would have merged next is made at once, of full segments only.
    const sealFrom = this.#merging === null ? 1 : SEAL_SEGMENTS_MAX;
    if (state.view.frozen.length >= sealFrom)
      return () => this.#exclusively('seal', () => this.#change(() => jobs.seal()));
    const isSaveDue = persistence.failure !== null || this.#isManifestBehind;
    return isSaveDue && spec.savePolicy === 'immediate' ? () => this.save() : null;
  }

  #retryLater(error: unknown): void {
    const { clock, logger } = this.#options;
    if (this.#isStopped) return;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
    this.#failures += 1;
    logger.error(
      { err: toChlError(error, 'index.maintenance'), delayMs },
      'index maintenance failed; it will be tried again',
    );
    if (this.#retry !== null) return;
    this.#retry = clock.setTimer(() => {
      this.#retry = null;
      this.wake();
    }, delayMs);
  }

  async #runRebuild(): Promise<RebuildReport> {
    const { clock, jobs } = this.#options;
    // Both replace the same segments; until this one is done no other begins.
    await this.#merging;
    const startedAtMs = clock.monotonicMs();
    this.#progress = 0;
    return this.#exclusively('rebuild', async () => {
      const vectors = await this.#change(() => jobs.rebuild((progress) => (this.#progress = progress)));
      this.#rebuilds += 1;
      const { generation } = await this.#save();
      return { vectors, durationMs: clock.monotonicMs() - startedAtMs, generation };
    });
  }

  /** Resolves when it has begun. */
  #startMerge(ids: readonly number[]): Promise<void> {
    this.#merging = this.#merge(ids)
      .catch((error: unknown) => this.#retryLater(error))
      .finally(() => {
        this.#merging = null;
        this.wake();
      });
    return Promise.resolve();
  }

  async #merge(ids: readonly number[]): Promise<void> {
    const built = await this.#options.jobs.merge(ids);
    await this.#exclusively('merge', () => this.#change(() => built.takeOver()));
    this.#merges += 1;
    this.#failures = 0;
  }

  async #change<T>(job: () => Promise<T>): Promise<T> {
    const result = await job();
    this.markManifestBehind();
    return result;
  }

  async #save(): Promise<SaveReport> {
    const report = await this.#options.persistence.save(this.#options.state, 'save');
    this.#isManifestBehind = false;
    return report;
  }

  #exclusively<T>(holder: string, job: () => Promise<T>): Promise<T> {
    return this.#options.maintenanceLock.runExclusive(holder, job);
  }

  #schedulePeriodicSave(): void {
    const { clock, spec } = this.#options;
    if (this.#isStopped) return;
    this.#periodicSave = clock.setTimer(() => {
      void this.saveIfDirty().finally(() => this.#schedulePeriodicSave());
    }, spec.saveIntervalMs);
  }
}
