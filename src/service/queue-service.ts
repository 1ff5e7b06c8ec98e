import type { CatalogReader } from '../core/ports/catalog.ts';
import type { Committer } from './committer.ts';
import type { QueueStatusResponse } from './contract/admin.ts';
import type { QueueService } from './services.ts';

export interface QueueParts {
  readonly reader: Pick<CatalogReader, 'counts'>;
  readonly committer: Committer;
}

export class Queues implements QueueService {
  readonly #parts: QueueParts;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  async status(): Promise<QueueStatusResponse> {
    const { embedding } = await this.#parts.reader.counts();
    const { waiting, waitingMax, groups, operations } = this.#parts.committer.status();
    return { ...embedding, commit: { waiting, waiting_max: waitingMax, groups, operations } };
  }
}
