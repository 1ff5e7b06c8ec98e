import { Mutex } from 'async-mutex';
import { ChlError } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import type { Files } from '../ports/files.ts';
import type { ChangeMark, IndexSource } from '../ports/index-source.ts';
import type { Clock } from '../ports/runtime.ts';
import {
  logNumber,
  MANIFEST,
  MANIFEST_BACKUP,
  segmentName,
  segmentNumber,
  temporaryName,
} from './file-names.ts';
import type { LogOwner } from './growing-log.ts';
import type { LogRecord } from './growing-log-record.ts';
import { GrowingLogs } from './growing-logs.ts';
import { stageFile } from './stage-file.ts';
import { encodeManifest, MANIFEST_VERSION, namesNeeded } from './manifest.ts';
import type { Manifest, ManifestSegment } from './manifest.ts';
import { openSnapshot } from './open-snapshot.ts';
import type { OpenedSnapshot, OpenOutcome } from './open-snapshot.ts';

export interface SnapshotStoreOptions {
  readonly files: Files;
  readonly clock: Clock;
  /** What a snapshot must belong to. */
  readonly owner: LogOwner;
}

/** What `publish` writes down besides what the store knows itself. */
export interface SnapshotContent {
  /** The segments hold every vector, alive at `asOf`, of the changes up to the base of `logFrom`. */
  readonly segments: readonly ManifestSegment[];
  /** First growing log whose rows are in no segment: an answer of `beginChain`, `rotate` or `open`. */
  readonly logFrom: number;
  /** Newest change the tombstones know of. */
  readonly asOf: ChangeMark;
}

/**
 * The snapshots of one collection in one folder. `docs/format.md` numbers the rules that the order
 * of writes, syncs and renames here follows.
 *
 * Life: `open`; then `beginChain` unless a snapshot was opened; then `append` and `rotate` on the
 * path of writes (one caller, under the writer lock) beside `publish` and `collectGarbage` on that
 * of maintenance (one caller, one at a time).
 */
export class SnapshotStore {
  readonly #files: Files;
  readonly #clock: Clock;
  readonly #owner: LogOwner;
  readonly #logs: GrowingLogs;
  readonly #publishLock = new Mutex();
  /** The manifests that are known to be whole and ours; others on disk are garbage. */
  #current: Manifest | null = null;
  #backup: Manifest | null = null;
  /** Segment names handed out and not yet in a manifest. */
  readonly #reserved = new Set<string>();
  readonly #life = crypto.randomUUID().slice(0, 8);
  #lastSegment = 0;
  #lastGeneration = 0;

  constructor(options: SnapshotStoreOptions) {
    this.#files = options.files;
    this.#clock = options.clock;
    this.#owner = options.owner;
    this.#logs = new GrowingLogs(options.files, options.owner);
  }

  /**
   * Rungs 1 and 2 of the recovery ladder: the manifest, then its backup. Changes nothing on disk.
   * @throws what `nonceOf` throws; a damaged or foreign snapshot is an answer, not an error
   */
  async open(nonceOf: IndexSource['nonceOf']): Promise<OpenOutcome> {
    const outcome = await openSnapshot({ files: this.#files, owner: this.#owner, nonceOf });
    for (const name of outcome.names) {
      this.#lastSegment = Math.max(this.#lastSegment, segmentNumber(name) ?? 0);
      this.#logs.skipNumbersTo(logNumber(name) ?? 0);
    }
    this.#lastGeneration = outcome.lastGeneration;
    if (outcome.snapshot !== null) this.#take(outcome.snapshot, outcome.backup);
    return outcome;
  }

  #take(snapshot: OpenedSnapshot, backup: Manifest | null): void {
    this.#current = snapshot.source === 'snapshot' ? snapshot.manifest : null;
    this.#backup = snapshot.source === 'snapshot' ? backup : snapshot.manifest;
    this.#logs.continueChain(snapshot.chain);
  }

  /** The newest published manifest; null before the first. */
  get manifest(): Manifest | null {
    return this.#current ?? this.#backup;
  }

  /** Up to here the files hold everything; null before `open` or `beginChain`. */
  get durableTo(): ChangeMark | null {
    return this.#logs.end;
  }

  /** Bytes in the files of the newest manifest and in the growing log. */
  get sizeBytes(): number {
    const segments = this.manifest?.segments ?? [];
    return segments.reduce((sum, segment) => sum + segment.bytes, 0) + this.#logs.sizeBytes;
  }

  /** A name no file had before. Kept from the garbage collector until published or released. */
  reserveSegmentName(): string {
    this.#lastSegment += 1;
    const name = segmentName(this.#lastSegment, this.#life);
    this.#reserved.add(name);
    return name;
  }

  /** The segment is not to be published after all. */
  releaseSegmentName(name: string): void {
    this.#reserved.delete(name);
  }

  /** Starts afresh after `base`, for an index that came from the database. Answers the log's number. */
  beginChain(base: ChangeMark): Promise<number> {
    return this.#logs.beginChain(base);
  }

  /**
   * The next log, from where the chain ends; the one before it is complete. Called when the growing
   * segment is sealed. Answers the new log's number.
   */
  rotate(): Promise<number> {
    return this.#logs.rotate();
  }

  /** Number of the log that `append` writes to. */
  currentLog(): Promise<number> {
    return this.#logs.currentLog();
  }

  /**
   * One append and one sync for all records, each continuing the one before.
   * After a failure none of them counts and the same call may be made again.
   * @throws STORAGE_FULL, UNAVAILABLE
   */
  append(records: readonly LogRecord[]): Promise<void> {
    return this.#logs.append(records);
  }

  /**
   * Makes `content` the snapshot that the next start opens. What was current becomes the backup.
   * The segments' files must be durable, as `buildSegment` leaves them.
   */
  publish(content: SnapshotContent): Promise<Manifest> {
    return this.#publishLock.runExclusive(async () => {
      const base = this.#logs.baseOf(content.logFrom);
      if (base === undefined) {
        throw new ChlError('INTERNAL', `Log ${content.logFrom} is not one of this snapshot's logs.`, {
          operation: 'snapshot.publish',
        });
      }
      const manifest: Manifest = {
        version: MANIFEST_VERSION,
        ...this.#owner,
        generation: this.#lastGeneration + 1,
        base,
        asOf: content.asOf,
        segments: content.segments,
        logFrom: content.logFrom,
        savedAtMs: this.#clock.nowMs(),
      };
      await this.#install(manifest);
      for (const segment of manifest.segments) this.#reserved.delete(segment.file);
      this.#logs.forgetBefore(manifest.logFrom);
      return manifest;
    });
  }

  /** Rule 4 of writing. At every instant one of the two manifests on disk is whole. */
  async #install(manifest: Manifest): Promise<void> {
    const temporary = await stageFile(this.#files, MANIFEST, await encodeManifest(manifest));
    if (this.#current !== null) {
      // Only a manifest that is known to be good may replace the backup.
      await this.#files.rename(MANIFEST, MANIFEST_BACKUP);
      this.#backup = this.#current;
      this.#current = null;
    }
    failpoint('manifest.between-renames');
    await this.#files.rename(temporary, MANIFEST);
    this.#lastGeneration = manifest.generation;
    this.#current = manifest;
    failpoint('manifest.before-folder-sync');
    await this.#files.syncFolder();
  }

  /**
   * Removes what neither manifest names: temporary files, old segments and logs, foreign manifests.
   * @returns how many files
   */
  collectGarbage(): Promise<number> {
    return this.#publishLock.runExclusive(() => this.#removeUnneeded());
  }

  async #removeUnneeded(): Promise<number> {
    if (this.manifest === null) return 0;
    const present = await this.#files.list();
    const needed = new Set<string>();
    for (const [name, manifest] of [
      [MANIFEST, this.#current],
      [MANIFEST_BACKUP, this.#backup],
    ] as const) {
      if (manifest === null) continue;
      needed.add(name);
      for (const file of namesNeeded(manifest, present)) needed.add(file);
    }
    for (const name of this.#reserved) needed.add(name).add(temporaryName(name));
    const garbage = present.filter((name) => !needed.has(name));
    failpoint('garbage.before-removal');
    for (const name of garbage) await this.#files.remove(name);
    if (garbage.length > 0) await this.#files.syncFolder();
    return garbage.length;
  }

  /** Closes the log's file. Nothing is written. */
  close(): Promise<void> {
    return this.#logs.close();
  }
}
