import { ChlError, toChlError } from '../../core/errors.ts';
import type { CatalogWriter, LeaseName, LeaseTerm, WriteOperation } from '../../core/ports/catalog.ts';
import type { Clock } from '../../core/ports/runtime.ts';

export interface LeaseParts {
  readonly name: LeaseName;
  /** Unique to this run of the service. */
  readonly holder: string;
  readonly ttlMs: number;
  /** Not the committer: a renewal changes no entry, and must not wait for whoever holds up the writes. */
  readonly writer: Pick<CatalogWriter, 'commit'>;
  readonly clock: Clock;
}

const ACTOR = 'lease';

/**
 * The right to do a job that only one of the services on a database may do. Time decides only who may
 * begin; that a former holder does no harm is the token's doing, which the database compares.
 */
export class Lease {
  readonly #parts: LeaseParts;
  #term: LeaseTerm | null = null;
  #untilMs = 0;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /** Null once it has run out by this service's own clock, or was lost. */
  get term(): LeaseTerm | null {
    return this.#parts.clock.monotonicMs() < this.#untilMs ? this.#term : null;
  }

  /**
   * Takes or renews it.
   * @returns false while another service has it
   * @throws UNAVAILABLE and what else a commit throws; a term that was held runs on to its end
   */
  async take(): Promise<boolean> {
    const { name, holder, ttlMs, clock } = this.#parts;
    // The term began no earlier than this, so here it never lasts longer than in the database.
    const askedMs = clock.monotonicMs();
    const outcome = await this.#commit({ kind: 'take-lease', ...this.#common(), name, holder, ttlMs });
    if (!outcome.ok && outcome.error.code !== 'CONFLICT') throw ChlError.fromData(outcome.error);
    const token = outcome.ok ? outcome.leaseToken : undefined;
    this.#term = token === undefined ? null : { name, token };
    this.#untilMs = askedMs + ttlMs;
    return this.#term !== null;
  }

  /** For the next one to take at once. Never fails: what cannot be given back runs out. */
  async drop(): Promise<void> {
    const term = this.#term;
    this.#term = null;
    if (term === null) return;
    await this.#commit({ kind: 'drop-lease', ...this.#common(), term }).catch((error: unknown) =>
      toChlError(error),
    );
  }

  async #commit(operation: WriteOperation) {
    const { outcomes } = await this.#parts.writer.commit([operation]);
    return outcomes[0]!;
  }

  #common(): { readonly actor: string; readonly atMs: number } {
    return { actor: ACTOR, atMs: this.#parts.clock.nowMs() };
  }
}
