import { toChlError } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import { asSeq } from '../ids.ts';
import type { Guard, ObservedMutex } from '../locks/observed-mutex.ts';
import type { CollectionStatus, SavePolicy, SaveReport } from '../ports/index-host.ts';
import type { ChangeMark } from '../ports/index-source.ts';
import type { Logger } from '../ports/runtime.ts';
import type { LogRecord } from '../snapshot/growing-log-record.ts';
import type { ManifestSegment } from '../snapshot/manifest.ts';
import type { SnapshotContent, SnapshotStore } from '../snapshot/snapshot-store.ts';
import type { IndexState } from './index-state.ts';
import type { SealedSegment } from './sealed-segment.ts';

/** Before the first change: a chain of logs that begins here holds everything. */
export const BEGINNING: ChangeMark = { seq: asSeq(0), nonce: '' };

export interface PersistenceOptions {
  readonly store: SnapshotStore;
  readonly policy: SavePolicy;
  /** Held around whatever touches the growing log. */
  readonly writeLock: ObservedMutex;
  readonly logger: Logger;
}

/**
 * When files are written: the growing log and the manifests of one collection. The database has every
 * change already, so a failing disk loses nothing: what could not be written waits in memory and is
 * tried again with the next write or save, while `failure` says so.
 */
export class Persistence {
  readonly #options: PersistenceOptions;
  /** Changes that the log on disk does not have, each record continuing the one before. */
  #pending: LogRecord[] = [];
  /** Vector ids that the files hold and no record says are dead; the next record does. */
  #unrecordedDeaths: readonly number[] = [];
  /** Number of the log that is written to, and of the first that still counts; 0 until there is one. */
  #log = 0;
  #firstLog = 0;
  #isBegun = false;
  /** Null: the chain of an opened snapshot goes on. */
  #chainBase: ChangeMark | null = BEGINNING;
  #failure: string | null = null;
  #saves = 0;
  #failedSaves = 0;

  constructor(options: PersistenceOptions) {
    this.#options = options;
  }

  get currentLog(): number {
    return this.#log;
  }

  /** Why the last attempt to write failed; null when it worked. */
  get failure(): string | null {
    return this.#failure;
  }

  get counters(): { readonly saves: number; readonly failedSaves: number } {
    return { saves: this.#saves, failedSaves: this.#failedSaves };
  }

  /** Up to here the files hold everything. */
  get durableTo(): ChangeMark {
    return this.#options.store.durableTo ?? this.#chainBase ?? BEGINNING;
  }

  /** Without a snapshot to go on from: segments and logs will together hold everything after `base`. */
  startAfter(base: ChangeMark): void {
    this.#chainBase = base;
  }

  /** With an opened snapshot: its chain of logs goes on. */
  resume(): void {
    this.#chainBase = null;
  }

  /** The rows that are added next come from this log of the opened chain. */
  readingLog(log: number): void {
    this.#log = log;
    this.#firstLog ||= log;
  }

  /**
   * Vectors in the files whose entries died while nobody wrote the log. The database says so at every
   * start; a record says so to who only has the files.
   */
  diedUnrecorded(ids: readonly number[]): void {
    this.#unrecordedDeaths = ids;
  }

  /** Under `immediate` resolves when the record is on disk, or has failed to get there. */
  async note(record: LogRecord, held: Guard): Promise<void> {
    const removed = Float64Array.from([...this.#unrecordedDeaths, ...record.removed]);
    this.#unrecordedDeaths = [];
    this.#pending.push({ ...record, removed });
    if (this.#options.policy === 'immediate') await this.#attempt(() => this.#flush(held));
  }

  /** The growing segment was frozen: what follows goes to a log of its own. */
  async rotate(held: Guard): Promise<void> {
    await this.#attempt(async () => {
      await this.#flush(held);
      this.#log = await this.#options.store.rotate();
    });
  }

  /**
   * Publishes a snapshot of everything applied so far.
   * @throws STORAGE_FULL, UNAVAILABLE; counted, and nothing is lost
   */
  async save(state: IndexState, holder: string): Promise<SaveReport> {
    try {
      const { store, writeLock } = this.#options;
      const content = await writeLock.runExclusive(holder, async (held) => {
        await this.#flush(held);
        return this.#contentOf(state);
      });
      const manifest = await store.publish(content);
      await store.collectGarbage();
      this.#saves += 1;
      this.#failure = null;
      return { generation: manifest.generation, seq: content.asOf.seq, bytes: store.sizeBytes };
    } catch (error) {
      this.#recordFailure(error);
      throw error;
    }
  }

  status(): CollectionStatus['snapshot'] {
    const { store } = this.#options;
    if (store.manifest === null) return null;
    const { generation, savedAtMs } = store.manifest;
    return { generation, seq: this.durableTo.seq, savedAtMs, bytes: store.sizeBytes };
  }

  async #flush(held: Guard): Promise<void> {
    const { store, writeLock } = this.#options;
    held.assertHolds(writeLock);
    if (!this.#isBegun) await this.#begin();
    failpoint('log.before-append');
    await store.append(this.#pending);
    this.#pending = [];
    this.#failure = null;
  }

  async #begin(): Promise<void> {
    const { store } = this.#options;
    this.#log = this.#chainBase === null ? await store.currentLog() : await store.beginChain(this.#chainBase);
    this.#firstLog ||= this.#log;
    this.#isBegun = true;
  }

  /** A failure to write is not a failure of the write: the database has it. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#recordFailure(error);
    }
  }

  #recordFailure(error: unknown): void {
    const failure = toChlError(error, 'index.save');
    this.#failedSaves += 1;
    this.#failure = failure.message;
    this.#options.logger.error(
      { err: failure, waitingRecords: this.#pending.length },
      'the index could not be saved',
    );
  }

  #contentOf(state: IndexState): SnapshotContent {
    const { sealed, frozen, growing } = state.view;
    // 0 when its first row came before there was a log; that row is then in the first one.
    const firstLogs = [...frozen, growing].map((segment) => Math.max(segment.firstLog, this.#firstLog));
    return {
      segments: sealed.map((segment) => manifestSegment(segment, state)),
      logFrom: Math.min(...firstLogs),
      asOf: state.applied,
    };
  }
}

function manifestSegment(segment: SealedSegment, state: IndexState): ManifestSegment {
  const { file, rows, kind, backend } = segment;
  const tombstones = state.deadRowsOf(segment);
  return { file: file.name, rows, bytes: file.bytes, sha256: file.sha256, kind, backend, tombstones };
}
