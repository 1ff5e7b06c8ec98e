import type { Seq } from '../core/ids.ts';
import type { ObservedMutex } from '../core/locks/observed-mutex.ts';
import type { CatalogCounts, CatalogReader } from '../core/ports/catalog.ts';
import type { CollectionStatus, IndexCollection, LockStatus } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import type { Committer, CommitterStatus } from './committer.ts';
import type { HealthResponse } from './contract/health.ts';
import type { RecordedFigures, ServiceRecorder } from './service-recorder.ts';
import type { HealthService } from './services.ts';

/** Everything that monitoring is told about the services, as of one moment. */
export interface ServiceFigures extends RecordedFigures {
  readonly health: HealthResponse;
  readonly index: CollectionStatus;
  /** Null while the database cannot be asked. */
  readonly counts: CatalogCounts | null;
  readonly committer: CommitterStatus;
  readonly writerLock: LockStatus;
  /** Null where nobody else writes the database, or while it cannot be asked. */
  readonly replica: ReplicaFigures | null;
}

export interface ReplicaFigures {
  /** Changes in the database that the index has not got. */
  readonly lagSeq: number;
  /** How long ago all that was committed had reached the index. */
  readonly stalenessMs: number;
}

export interface FiguresParts {
  readonly recorder: ServiceRecorder;
  readonly health: HealthService;
  readonly collection: Pick<IndexCollection, 'status'>;
  readonly reader: Pick<CatalogReader, 'counts' | 'horizon'>;
  /** Null where nobody else writes the database. */
  readonly stalenessMs: () => number | null;
  readonly committer: Committer;
  readonly writerLock: ObservedMutex;
  readonly logger: Logger;
}

export class Figures {
  readonly #parts: FiguresParts;

  constructor(parts: FiguresParts) {
    this.#parts = parts;
  }

  async collect(): Promise<ServiceFigures> {
    const { recorder, health, collection, committer, writerLock } = this.#parts;
    const [healthNow, index, counts, newest] = await Promise.all([
      health.check(),
      collection.status(),
      this.#counts(),
      this.#newest(),
    ]);
    const stalenessMs = this.#parts.stalenessMs();
    return {
      ...recorder.figures(),
      health: healthNow,
      index,
      counts,
      committer: committer.status(),
      writerLock: writerLock.status(),
      replica:
        stalenessMs === null || newest === null
          ? null
          : { lagSeq: Math.max(0, newest - index.lastSeq), stalenessMs },
    };
  }

  async #newest(): Promise<Seq | null> {
    if (this.#parts.stalenessMs() === null) return null;
    try {
      return (await this.#parts.reader.horizon()).seq;
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'the database did not tell its newest change');
      return null;
    }
  }

  /** A database that is away must not hide that it is. */
  async #counts(): Promise<CatalogCounts | null> {
    try {
      return await this.#parts.reader.counts();
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'the database did not tell its counts');
      return null;
    }
  }
}
