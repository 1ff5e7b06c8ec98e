import { toChlError } from '../core/errors.ts';
import type { ObservedMutex } from '../core/locks/observed-mutex.ts';
import type { IndexCollection } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import type { AuditLog } from './audit-log.ts';
import type {
  IndexStatusResponse,
  RebuildResponse,
  RebuildStartedResponse,
  SaveResponse,
} from './contract/admin.ts';
import type { EmbeddingGateway } from './embedding-gateway.ts';
import { indexStatusView, type IndexSettings } from './index-status-view.ts';
import type { RequestContext } from './request-context.ts';
import type { IndexAdminService } from './services.ts';

export interface IndexAdminParts {
  readonly collection: IndexCollection;
  readonly settings: IndexSettings;
  readonly gateway: Pick<EmbeddingGateway, 'embedder'>;
  readonly logger: Logger;
  readonly audit: AuditLog;
  readonly writerLock: Pick<ObservedMutex, 'status'>;
}

export class IndexAdmin implements IndexAdminService {
  readonly #parts: IndexAdminParts;
  #jobs = 0;
  #running: { readonly id: string; readonly done: Promise<void> } | null = null;

  constructor(parts: IndexAdminParts) {
    this.#parts = parts;
  }

  async status(): Promise<IndexStatusResponse> {
    const { collection, settings, gateway, writerLock } = this.#parts;
    return indexStatusView(await collection.status(), settings, {
      modelName: gateway.embedder.fingerprint.name,
      writerLock: writerLock.status(),
    });
  }

  async rebuild(context: RequestContext): Promise<RebuildResponse> {
    this.#parts.logger.info({ caller: context.caller }, 'a rebuild of the index was asked for');
    const { vectors, generation, durationMs } = await this.#parts.collection.rebuild();
    await this.#parts.audit.record(context, 'index.rebuild', { vectors, generation });
    return {
      status: 'success',
      message: `Rebuilt the index from ${vectors} vectors.`,
      vectors_count: vectors,
      generation,
      duration_ms: durationMs,
    };
  }

  async startRebuild(context: RequestContext): Promise<RebuildStartedResponse> {
    this.#running ??= this.#start(context);
    const { id } = this.#running;
    return {
      status: 'started',
      message: 'The rebuild runs; GET /admin/index/status shows its progress.',
      job: { id, running: true },
    };
  }

  async save(context: RequestContext): Promise<SaveResponse> {
    this.#parts.logger.info({ caller: context.caller }, 'a save of the index was asked for');
    const { generation, seq, bytes } = await this.#parts.collection.save();
    await this.#parts.audit.record(context, 'index.save', { generation, seq });
    return {
      status: 'success',
      message: `Saved generation ${generation}, ${bytes} bytes, complete to change ${seq}.`,
      generation,
      seq,
    };
  }

  /** Resolves when no rebuild that was started here runs any more. */
  async idle(): Promise<void> {
    await this.#running?.done;
  }

  #start(context: RequestContext): { readonly id: string; readonly done: Promise<void> } {
    this.#jobs += 1;
    const id = `rebuild-${this.#jobs}`;
    const done = this.rebuild(context)
      .then(
        (report) => this.#parts.logger.info({ job: id, ...report }, 'the rebuild has finished'),
        (error: unknown) =>
          this.#parts.logger.error({ job: id, err: toChlError(error) }, 'the rebuild failed'),
      )
      .finally(() => (this.#running = null));
    return { id, done };
  }
}
