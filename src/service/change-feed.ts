import { asSeq, type Seq } from '../core/ids.ts';
import type { CatalogReader, ChangeRecord } from '../core/ports/catalog.ts';
import type { Clock, Timer } from '../core/ports/runtime.ts';
import type { ChangesQuery, ChangesResponse, ChangeView } from './contract/changes.ts';
import { isoTime } from './entry-views.ts';
import type { SeqTokens } from './seq-token.ts';
import type { ChangeService } from './services.ts';

export interface ChangeFeedParts {
  readonly reader: Pick<CatalogReader, 'changes' | 'horizon'>;
  readonly seqTokens: SeqTokens;
  readonly clock: Clock;
  /** Other processes may write the same database; how often to look while nothing is heard. */
  readonly pollMs: number;
}

/** Pages of the feed, and a bell that rings when this process has committed something. */
export class ChangeFeed implements ChangeService {
  readonly #parts: ChangeFeedParts;
  readonly #listeners = new Set<() => void>();
  #last: Seq = asSeq(0);
  #look: Timer | null = null;

  constructor(parts: ChangeFeedParts) {
    this.#parts = parts;
  }

  async page({ since, limit }: ChangesQuery): Promise<ChangesResponse> {
    const { reader, seqTokens } = this.#parts;
    const after = await seqTokens.position(since);
    const records = await reader.changes(after, limit + 1);
    const changes = records.slice(0, limit).map(changeView);
    return {
      changes,
      count: changes.length,
      next_since: changes.at(-1)?.seq ?? after,
      has_more: records.length > limit,
      epoch: await seqTokens.epoch(),
    };
  }

  next(since: number, signal: AbortSignal): Promise<void> {
    if (this.#last > since || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#listeners.delete(wake);
        signal.removeEventListener('abort', wake);
        if (this.#listeners.size === 0) this.#cancelLook();
        resolve();
      };
      this.#listeners.add(wake);
      signal.addEventListener('abort', wake);
      this.#lookLater();
    });
  }

  /** Called by the committer after every group. */
  committed(last: Seq): void {
    // A look may have found what another process committed after it.
    if (last > this.#last) this.#last = last;
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#listeners) wake();
  }

  /** One look at the database for all who listen, however many they are. */
  #lookLater(): void {
    this.#look ??= this.#parts.clock.setTimer(() => {
      this.#look = null;
      void this.#lookForOthers();
    }, this.#parts.pollMs);
  }

  #cancelLook(): void {
    this.#look?.cancel();
    this.#look = null;
  }

  async #lookForOthers(): Promise<void> {
    try {
      const { seq } = await this.#parts.reader.horizon();
      if (seq > this.#last) this.committed(seq);
    } catch {
      // Each who listens asks for a page then, and is told what is the matter.
      this.#wakeAll();
    }
    if (this.#listeners.size > 0) this.#lookLater();
  }
}

const changeView = (record: ChangeRecord): ChangeView => ({
  seq: record.seq,
  op: record.op,
  entry_id: record.entryId,
  entity_type: record.type,
  category_code: record.categoryCode,
  version: record.version,
  at: isoTime(record.atMs),
});
