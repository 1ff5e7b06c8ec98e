import { toChlError } from '../../core/errors.ts';
import { fingerprintText } from '../../core/ports/embedder.ts';
import type { Logger } from '../../core/ports/runtime.ts';
import { backOffMs } from '../embedding-queue/back-off.ts';
import type { EmbeddingQueueOptions } from '../options.ts';
import { replaceIndex, type ReplacementParts } from './index-replacement.ts';
import type { ReembedPorts } from './reembed-ports.ts';

export interface FollowerParts extends ReplacementParts {
  readonly logger: Logger;
  readonly options: Pick<EmbeddingQueueOptions, 'away'>;
  /** Null where the embedder is fixed: texts are searched by their words then. */
  readonly ports: ReembedPorts | null;
}

/**
 * After another service has changed the embedder of a shared database: opens the same one here, and
 * the index of its vectors. Until both are there this service answers by words, and says so.
 */
export class EmbedderFollower {
  readonly #parts: FollowerParts;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  databaseBelongsTo(fingerprint: string): void {
    const { gateway, ports } = this.#parts;
    if (fingerprint === gateway.fingerprint) return;
    gateway.databaseBelongsTo(fingerprint);
    if (ports !== null) this.#running ??= this.#follow(ports).finally(() => (this.#running = null));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** As often as it takes: an endpoint that is away comes back. */
  async #follow(ports: ReembedPorts): Promise<void> {
    const { gateway, collection, options, logger } = this.#parts;
    for (let failures = 0; collection.fingerprint !== gateway.fingerprint;) {
      const { fingerprint } = gateway;
      try {
        const embedder = await ports.openBound(fingerprint);
        await replaceIndex(this.#parts, { ports, embedder, signal: this.#stopping.signal });
        failures = 0;
        logger.info(
          { embedder: fingerprintText(embedder.fingerprint) },
          'another service has changed the embedder; this one has followed',
        );
      } catch (error) {
        failures += 1;
        const failure = toChlError(error, 'embedder.follow');
        if (failures === 1 || failure.code === 'CONFIGURATION')
          logger.warn(
            { err: failure, fingerprint },
            'a change of embedder cannot be followed; words are searched',
          );
        if (failure.code === 'CONFIGURATION' || this.#stopping.signal.aborted) return;
        await this.#pause(backOffMs(options.away, failures));
      }
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.setTimer(resolve, Math.ceil(delayMs));
      this.#stopping.signal.addEventListener('abort', () => {
        timer.cancel();
        resolve();
      });
    });
  }
}
