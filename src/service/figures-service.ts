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
}

export interface FiguresParts {
  readonly recorder: ServiceRecorder;
  readonly health: HealthService;
  readonly collection: Pick<IndexCollection, 'status'>;
  readonly reader: Pick<CatalogReader, 'counts'>;
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
    const [healthNow, index, counts] = await Promise.all([
      health.check(),
      collection.status(),
      this.#counts(),
    ]);
    return {
      ...recorder.figures(),
      health: healthNow,
      index,
      counts,
      committer: committer.status(),
      writerLock: writerLock.status(),
    };
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
