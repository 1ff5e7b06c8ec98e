import { asSeq, type Seq } from '../core/ids.ts';
import type { CatalogReader, ChangeRecord } from '../core/ports/catalog.ts';
import type { Clock } from '../core/ports/runtime.ts';
import type { ChangesQuery, ChangesResponse, ChangeView } from './contract/changes.ts';
import { isoTime } from './entry-views.ts';
import type { SeqTokens } from './seq-token.ts';
import type { ChangeService } from './services.ts';

export interface ChangeFeedParts {
  readonly reader: Pick<CatalogReader, 'changes'>;
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
        timer.cancel();
        this.#listeners.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = this.#parts.clock.setTimer(wake, this.#parts.pollMs);
      this.#listeners.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  /** Called by the committer after every group. */
  committed(last: Seq): void {
    this.#last = last;
    for (const wake of this.#listeners) wake();
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
