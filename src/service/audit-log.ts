import type { JsonValue } from '../core/entry.ts';
import type { Clock, Logger } from '../core/ports/runtime.ts';
import type { Committer } from './committer.ts';
import { stampOperation } from './operation-stamp.ts';
import type { RequestContext } from './request-context.ts';

export interface AuditLogParts {
  readonly committer: Committer;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Who did what to the service itself. Writes of entries have their history instead. */
export class AuditLog {
  readonly #parts: AuditLogParts;

  constructor(parts: AuditLogParts) {
    this.#parts = parts;
  }

  /**
   * After the act. One that cannot be written down, on a full disk say, is in the log instead: a save
   * or a backup is then needed more than ever.
   */
  async record(context: RequestContext, action: string, detail: JsonValue): Promise<void> {
    const { committer, clock, logger } = this.#parts;
    const stamp = stampOperation(context, clock, null);
    try {
      await committer.submit({ kind: 'audit', ...stamp, action, detail });
    } catch (err) {
      logger.error({ err, action, detail, actor: stamp.actor }, 'an act could not be written to the audit');
    }
  }
}
