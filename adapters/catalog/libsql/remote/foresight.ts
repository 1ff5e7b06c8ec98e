import { LRUCache } from 'lru-cache';
import type { WriteOperation } from '../../../../src/core/ports/catalog.ts';
import type { SqlRow, SqlSession, SqlValue } from '../sql-session.ts';
import { GROUP_START, groupStartRow, type GroupStart } from '../tables/changes.ts';
import type { Statement } from './hrana-connection.ts';
import { StatementQueue, statementKey } from './statement-queue.ts';

/** Rows that are expected to be the same next time: the embedder's, those of categories. */
const REMEMBERED_MAX = 256;

/**
 * What a writer expects to read, so that it may decide before it asks: the numbers as its own last
 * group left them, and of whatever is to be unique, that nobody has it yet. Every expectation is
 * checked inside the transaction, so a wrong one costs a round trip and nothing else.
 */
export class Foresight {
  readonly #rows = new LRUCache<string, SqlRow>({ max: REMEMBERED_MAX });
  #start: SqlRow | null = null;

  /** New entries only: what is changed or deleted has to be read first. */
  canPlan(group: readonly WriteOperation[]): boolean {
    return (
      this.#start !== null &&
      group.every(
        (operation) =>
          operation.kind === 'create' && (operation.onRef === 'conflict' || operation.entry.ref === null),
      )
    );
  }

  /** Whether nobody else has written since this writer's last group. */
  held(answers: ReadonlyMap<string, readonly SqlRow[]>): boolean {
    const found = answers.get(statementKey(GROUP_START))?.[0];
    return found !== undefined && JSON.stringify(found) === JSON.stringify(this.#start);
  }

  /** After a group was committed. */
  learn(end: GroupStart, answers: ReadonlyMap<string, readonly SqlRow[]> = new Map()): void {
    this.#start = groupStartRow(end);
    for (const [key, [row]] of answers) if (row !== undefined) this.#rows.set(key, row);
  }

  /** Nothing is expected until the next group was committed. */
  forget(): void {
    this.#start = null;
  }

  plan(): ForeseenTransaction {
    return new ForeseenTransaction((key) =>
      key === statementKey(GROUP_START) ? this.#start : (this.#rows.get(key) ?? null),
    );
  }
}

interface Expectation extends Statement {
  readonly row: SqlRow | null;
}

/** Decides what a group would write without asking anybody, and remembers what it has taken for granted. */
export class ForeseenTransaction implements SqlSession {
  readonly #expected: (key: string) => SqlRow | null;
  readonly #expectations = new Map<string, Expectation>();
  readonly #queue = new StatementQueue();

  constructor(expected: (key: string) => SqlRow | null) {
    this.#expected = expected;
  }

  async all(sql: string, args?: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    const row = await this.first(sql, args);
    return row === null ? [] : [row];
  }

  async first(sql: string, args: readonly SqlValue[] = []): Promise<SqlRow | null> {
    const key = statementKey(sql, args);
    const row = this.#expected(key);
    this.#expectations.set(key, { sql, args, row });
    return row;
  }

  async run(sql: string, args: readonly SqlValue[] = []): Promise<void> {
    this.#queue.push(sql, args);
  }

  /** First those that fail unless all is as expected, then what is written. */
  take(): readonly Statement[] {
    return [...Array.from(this.#expectations.values(), guard), ...this.#queue.take()];
  }
}

/** A statement that fails unless the question is answered as expected: a batch has no other way to stop. */
function guard({ sql, args, row }: Expectation): Statement {
  const fail = (when: string, more: readonly SqlValue[]): Statement => ({
    sql: `SELECT CASE WHEN ${when} THEN json('not as expected') END`,
    args: [...args, ...more],
  });
  if (row === null) return fail(`EXISTS (${sql})`, []);
  const columns = Object.entries(row) as readonly (readonly [string, SqlValue])[];
  const same = columns.map(([column]) => `"${column}" IS ?`).join(' AND ');
  return fail(
    `NOT EXISTS (SELECT 1 FROM (${sql}) WHERE ${same})`,
    columns.map(([, value]) => value),
  );
}
