import { embedChecked } from '../../core/embedding.ts';
import { ChlError, toChlError } from '../../core/errors.ts';
import { failpoint } from '../../core/failpoints.ts';
import { asEntryKey } from '../../core/ids.ts';
import type { CatalogReader, StagedVector, UnstagedText } from '../../core/ports/catalog.ts';
import { fingerprintText, type Embedder } from '../../core/ports/embedder.ts';
import type { Clock, Logger } from '../../core/ports/runtime.ts';
import type { Committer } from '../committer.ts';
import { TIMED_OUT, withDeadline } from '../deadline.ts';
import { backOffMs } from '../embedding-queue/back-off.ts';
import { embedBatch } from '../embedding-queue/embed-batch.ts';
import type { HashedText } from '../embedding-gateway.ts';
import { underLease, type JobLease } from '../lease/job-lease.ts';
import type { EmbeddingQueueOptions } from '../options.ts';

export interface StagingParts {
  readonly reader: Pick<CatalogReader, 'unstagedTexts'>;
  readonly committer: Committer;
  readonly lease: JobLease;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: EmbeddingQueueOptions;
  readonly timeoutMs: number;
}

export interface StagingProgress {
  staged(count: number): void;
  /** Null: it goes on. */
  waitsFor(error: string | null): void;
}

/**
 * Embeds every entry with the next embedder and stores the vectors beside those that are served. What
 * is stored stays over a crash: the next run begins where this one ended.
 */
export class Staging {
  readonly #parts: StagingParts;
  readonly #embedder: Embedder;
  readonly #fingerprint: string;
  readonly #signal: AbortSignal;

  constructor(parts: StagingParts, embedder: Embedder, signal: AbortSignal) {
    this.#parts = parts;
    this.#embedder = embedder;
    this.#fingerprint = fingerprintText(embedder.fingerprint);
    this.#signal = signal;
  }

  /**
   * One pass over all entries, so that what was written during the last one is found by the next.
   * @returns how many it staged; fewer than it met when the embedder refuses some
   * @throws UNAVAILABLE when it is stopped
   */
  async pass(progress: StagingProgress): Promise<number> {
    const { reader, options } = this.#parts;
    const pageTexts = options.batchTexts * options.concurrency;
    let after = asEntryKey(0);
    let staged = 0;
    for (;;) {
      const page = await reader.unstagedTexts(this.#fingerprint, after, pageTexts);
      const last = page.at(-1);
      if (last === undefined) return staged;
      const counts = await Promise.all(
        batchesOf(page, options.batchTexts).map((batch) => this.#stage(batch, progress)),
      );
      staged += counts.reduce((sum, count) => sum + count, 0);
      // The end as it was: a pass that followed steady writes would have none.
      if (page.length < pageTexts) return staged;
      after = last.key;
    }
  }

  async #stage(batch: readonly UnstagedText[], progress: StagingProgress): Promise<number> {
    const vectors = await this.#embed(batch, progress);
    if (vectors.length === 0) return 0;
    failpoint('reembed.before-stage');
    const { committer, lease, clock } = this.#parts;
    await committer.submit({
      ...underLease(lease),
      kind: 'stage-embeddings',
      actor: 'reembed',
      atMs: clock.nowMs(),
      fingerprint: this.#fingerprint,
      vectors,
    });
    progress.staged(vectors.length);
    return vectors.length;
  }

  /** As often as it takes: an embedder that is away comes back. */
  async #embed(batch: readonly UnstagedText[], progress: StagingProgress): Promise<readonly StagedVector[]> {
    for (let failures = 1; ; failures += 1) {
      this.#refuseWhenStopped();
      try {
        const outcomes = await embedBatch((texts) => this.#call(texts), batch);
        progress.waitsFor(null);
        return batch.flatMap(({ key, contentHash }, row): StagedVector[] => {
          const { vector } = outcomes[row]!;
          return vector === null ? [] : [{ key, contentHash, vector }];
        });
      } catch (error) {
        const failure = toChlError(error, 'reembed.embed');
        progress.waitsFor(failure.message);
        this.#parts.logger.warn(
          { err: failure, failures },
          'the next embedder did not answer; it is asked again',
        );
        await this.#pause(backOffMs(this.#parts.options.away, failures));
      }
    }
  }

  async #call(texts: readonly HashedText[]): Promise<readonly (Float32Array | null)[]> {
    const { clock, timeoutMs } = this.#parts;
    const request = { texts: texts.map(({ text }) => text), role: 'passage' } as const;
    const vectors = await withDeadline(clock, timeoutMs, (signal) =>
      embedChecked(this.#embedder, { ...request, signal: AbortSignal.any([signal, this.#signal]) }),
    );
    if (vectors === TIMED_OUT)
      throw new ChlError('UNAVAILABLE', `The embedder did not answer within ${timeoutMs} ms.`);
    return vectors;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.setTimer(resolve, Math.ceil(delayMs));
      this.#signal.addEventListener('abort', () => {
        timer.cancel();
        resolve();
      });
    });
  }

  #refuseWhenStopped(): void {
    if (!this.#signal.aborted) return;
    throw new ChlError('UNAVAILABLE', 'The service stops; run it again and it goes on where it was.');
  }
}

function batchesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, batch) =>
    items.slice(batch * size, (batch + 1) * size),
  );
}
