import type { Catalog } from '../../../src/core/ports/catalog.ts';
import type { CatalogMaintenance } from '../../../src/core/ports/catalog-maintenance.ts';
import type { Logger } from '../../../src/core/ports/runtime.ts';
import type { ThreadPlace } from './thread/thread-end.ts';

export interface LibsqlCatalogOptions {
  /** The database file; created when missing, in a folder that exists. */
  readonly path: string;
  /** The compiled `src/entry/writer-thread.ts`, or a thread shared with others. Without it the writer runs in-line: tests, scripts. */
  readonly writerThread?: ThreadPlace;
  /** The compiled `src/entry/reader-thread.ts` or a shared one, for full-text search and long scans. In-line without it. */
  readonly readerThread?: ThreadPlace;
  /** The compiled `src/entry/backup-thread.ts`, in which a backup is copied. In-line without it. */
  readonly backupThread?: URL;
  /** How many of the newest changes the feed keeps. Default: all. */
  readonly changesKept?: number;
  /** Room kept for deletions on a full disk. Default 0: none, and they are refused like all writes. */
  readonly reserveBytes?: number;
  /** How long a write waits for another process's lock before it is refused. Default 5,000. */
  readonly busyTimeoutMs?: number;
  /** Told of every replaced connection and every thread that died. */
  readonly logger?: Logger;
}

export interface LibsqlCatalog extends Catalog {
  /** What `openIndexSource` takes, in this process or another. */
  readonly databaseUrl: string;
  readonly maintenance: CatalogMaintenance;
  /**
   * Binds a database that has no embedder yet to this one, and answers the fingerprint it is bound to
   * from now on: another one means that `chl reembed` has to run. The first write binds it as well.
   */
  bindFingerprint(fingerprint: string): Promise<string>;
}
