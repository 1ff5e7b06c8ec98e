import type { CommitReport } from '../../../../src/core/ports/catalog.ts';
import { outcomeUnknown } from '../sqlite-errors.ts';
import type { SqlReader } from '../sql-session.ts';
import { nonceOf, readGroupStart } from '../tables/changes.ts';

/**
 * Attempts to commit one group that were not answered. The nonce of a group's newest change is the mark
 * it would have left. It is looked for under the write lock: an attempt that has begun is over by then,
 * and one that is still on its way expects the numbers that the next attempt takes, so it fails.
 */
export class Doubts {
  readonly #reports: CommitReport[] = [];

  add(report: CommitReport): void {
    this.#reports.push(report);
  }

  get any(): boolean {
    return this.#reports.length > 0;
  }

  /** A group that changed no entry, an act for the audit say, has left no mark to look for. */
  get canBeSettled(): boolean {
    return this.any && this.#reports.every(({ before, after }) => after.seq !== before.seq);
  }

  /**
   * @returns of the attempt that was committed after all, or null
   * @throws OUTCOME_UNKNOWN when the mark may have been there, and been dropped by retention
   */
  async settle(reader: SqlReader): Promise<CommitReport | null> {
    if (!this.any) return null;
    const [{ last }, ...nonces] = await Promise.all([
      readGroupStart(reader),
      ...this.#reports.map(({ after }) => nonceOf(reader, after.seq)),
    ]);
    for (const [place, report] of this.#reports.entries()) {
      const { seq, nonce } = report.after;
      if (nonces[place] === nonce) return report;
      if (nonces[place] === null && last.seq >= seq) {
        throw outcomeUnknown(new Error(`change ${seq} is no longer kept`), 'catalog.commit');
      }
    }
    return null;
  }
}
