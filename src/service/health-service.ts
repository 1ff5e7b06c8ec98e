import { toChlError } from '../core/errors.ts';
import type { CatalogReader } from '../core/ports/catalog.ts';
import type { CollectionStatus, IndexCollection } from '../core/ports/index-host.ts';
import type { Clock, Logger } from '../core/ports/runtime.ts';
import type { HealthComponent, HealthResponse, ReadyResponse } from './contract/health.ts';
import type { EmbeddingGateway } from './embedding-gateway.ts';
import { isoTime } from './entry-views.ts';
import type { HealthService } from './services.ts';

export interface HealthParts {
  readonly reader: Pick<CatalogReader, 'identity'>;
  readonly collection: Pick<IndexCollection, 'status'>;
  readonly gateway: EmbeddingGateway;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Of an index that vectors are searched in already. */
export const WORDS_ARE_READ =
  'Its words are still being read: searches by text are answered by the database.';

/** Only a database that is away makes the service unhealthy: without an index or embedder it still works. */
export class Health implements HealthService {
  readonly #parts: HealthParts;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  async check(): Promise<HealthResponse> {
    const [database, faissIndex] = await Promise.all([this.#database(), this.#index()]);
    const components = { database, faiss_index: faissIndex, embedding_model: this.#embedder() };
    const states = Object.values(components).map(({ status }) => status);
    const status =
      database.status === 'unhealthy'
        ? 'unhealthy'
        : states.every((state) => state === 'healthy')
          ? 'healthy'
          : 'degraded';
    return { status, components, timestamp: isoTime(this.#parts.clock.nowMs()) };
  }

  async ready(): Promise<ReadyResponse> {
    const { status, detail } = await this.#database();
    return { status: status === 'healthy' ? 'ready' : 'not_ready', detail };
  }

  async #database(): Promise<HealthComponent> {
    try {
      const { epoch } = await this.#parts.reader.identity();
      return { status: 'healthy', detail: `It answers; epoch ${epoch}.` };
    } catch (error) {
      const failure = toChlError(error, 'health.database');
      this.#parts.logger.error({ err: error }, 'the database did not answer a health check');
      return { status: 'unhealthy', detail: failure.message };
    }
  }

  async #index(): Promise<HealthComponent> {
    try {
      const status = await this.#parts.collection.status();
      const { state, reason, textReady } = status;
      if (state === 'ready') {
        return textReady
          ? { status: 'healthy', detail: readyDetail(status) }
          : { status: 'degraded', detail: `${readyDetail(status)} ${WORDS_ARE_READ}` };
      }
      return { status: 'degraded', detail: reason ?? `The index is ${state}; searches answer by text.` };
    } catch (error) {
      return { status: 'degraded', detail: toChlError(error, 'health.index').message };
    }
  }

  #embedder(): HealthComponent {
    const { failure, embedder, mismatch } = this.#parts.gateway;
    if (mismatch !== null)
      return { status: 'degraded', detail: `${mismatch.message} ${mismatch.hint ?? ''}` };
    return failure === null
      ? { status: 'healthy', detail: embedder.description }
      : { status: 'degraded', detail: failure };
  }
}

/** What there is, how it was opened and why so, and what keeps it from being saved. */
function readyDetail({ backend, scanKernel, vectors, recovery, reason }: CollectionStatus): string {
  const parts = [`${backend ?? 'no backend'}, ${vectors} vectors`, ...scanDetail(scanKernel)];
  if (recovery !== null) {
    const why = recovery.reasons.length === 0 ? '' : ` (${recovery.reasons.join('; ')})`;
    parts.push(`opened from ${recovery.source}, ${recovery.replayed} changes replayed${why}`);
  }
  if (reason !== null) parts.push(`not saved: ${reason.replace(/\.$/, '')}`);
  return `${parts.join('; ')}.`;
}

function scanDetail(kernel: CollectionStatus['scanKernel']): readonly string[] {
  if (kernel === null) return [];
  const { name, instructions, reason } = kernel;
  const why = reason === null ? '' : ` (${reason.replace(/\.$/, '')})`;
  return [`scanned by ${name === 'none' ? 'floats' : `${name} ${instructions}`}${why}`];
}
