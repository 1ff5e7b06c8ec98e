import { SAVEPOINT } from '../savepoint.ts';
import type { SqlValue } from '../sql-session.ts';
import type { Statement } from './hrana-connection.ts';

/**
 * Statements that wait for the next round trip. An operation that is refused while its statements
 * still wait is undone by forgetting them, so its savepoint is sent only if it is needed.
 */
export class StatementQueue {
  #waiting: Statement[] = [];

  push(sql: string, args: readonly SqlValue[] = []): void {
    if (sql === SAVEPOINT.release || sql === SAVEPOINT.rollBack) {
      const place = this.#waiting.findLastIndex((statement) => statement.sql === SAVEPOINT.set);
      if (place !== -1) {
        if (sql === SAVEPOINT.release) this.#waiting.splice(place, 1);
        else this.#waiting.length = place + 1;
        return;
      }
    }
    this.#waiting.push({ sql, args });
  }

  take(): readonly Statement[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}

/** By which an answer is found again. BLOBs are never asked for by their content. */
export const statementKey = (sql: string, args: readonly SqlValue[] = []): string =>
  JSON.stringify([sql, ...args]);
