import type { SqlRow, SqlSession, SqlValue } from '../sql-session.ts';
import type { HranaConnection, Statement } from './hrana-connection.ts';
import { StatementQueue, statementKey } from './statement-queue.ts';

/** Something before COMMIT failed, so nothing happened. Which operation it belonged to is not known any more. */
export class TransactionFailed extends Error {
  override readonly name = 'TransactionFailed';
}

/** COMMIT was sent, and failed or was not answered. */
export class CommitInDoubt extends Error {
  override readonly name = 'CommitInDoubt';
}

interface Question extends Statement {
  readonly resolve: (rows: readonly SqlRow[]) => void;
  readonly reject: (error: unknown) => void;
}

const BEGIN: Statement = { sql: 'BEGIN IMMEDIATE', args: [] };
const COMMIT: Statement = { sql: 'COMMIT', args: [] };

/**
 * A transaction with few round trips: writes wait until the server has to be asked something, or until
 * COMMIT, and questions that are asked at the same time go together. What was asked ahead is answered
 * from here until it is forgotten. After a failure every call fails.
 */
export class PipelinedTransaction implements SqlSession {
  readonly #connection: HranaConnection;
  readonly #queue = new StatementQueue();
  #questions: Question[] = [];
  #answers = new Map<string, readonly SqlRow[]>();
  #remembers = false;
  #failure: TransactionFailed | null = null;

  constructor(connection: HranaConnection) {
    this.#connection = connection;
    this.#queue.push(BEGIN.sql);
  }

  async all(sql: string, args: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    if (this.#failure !== null) throw this.#failure;
    const key = statementKey(sql, args);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const rows = await this.#ask({ sql, args });
    if (this.#remembers) this.#answers.set(key, rows);
    return rows;
  }

  async first(sql: string, args: readonly SqlValue[] = []): Promise<SqlRow | null> {
    return (await this.all(sql, args))[0] ?? null;
  }

  async run(sql: string, args: readonly SqlValue[] = []): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    this.#queue.push(sql, args);
  }

  /** What the look-ups ask, all at once, is known from now on; what was known before is forgotten. */
  async lookAhead<T>(lookUps: () => Promise<T>): Promise<T> {
    this.#answers = new Map();
    this.#remembers = true;
    try {
      return await lookUps();
    } finally {
      this.#remembers = false;
    }
  }

  /** What was asked ahead, by `statementKey`. */
  get answers(): ReadonlyMap<string, readonly SqlRow[]> {
    return this.#answers;
  }

  /** With all that still waits; the connection is closed by it. @throws TransactionFailed, CommitInDoubt */
  async commit(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    await finish(this.#connection, this.#queue.take());
  }

  #ask(statement: Statement): Promise<readonly SqlRow[]> {
    return new Promise((resolve, reject) => {
      this.#questions.push({ ...statement, resolve, reject });
      // Everybody who asks in this turn shares the round trip.
      if (this.#questions.length === 1) queueMicrotask(() => void this.#send());
    });
  }

  async #send(): Promise<void> {
    const writes = this.#queue.take();
    const questions = this.#questions;
    this.#questions = [];
    try {
      const { rows, failure } = await this.#connection.chain([...writes, ...questions], { last: false });
      if (failure !== null) throw failure.error;
      for (const [place, { resolve }] of questions.entries()) resolve(rows[writes.length + place]!);
    } catch (error) {
      this.#failure = failed(error);
      for (const { reject } of questions) reject(this.#failure);
    }
  }
}

/**
 * A whole transaction in one round trip, which closes the connection.
 * @throws TransactionFailed, CommitInDoubt
 */
export const commitStatements = (
  connection: HranaConnection,
  statements: readonly Statement[],
): Promise<void> => finish(connection, [BEGIN, ...statements]);

/**
 * A round trip a statement.
 * @throws what the body throws, CommitInDoubt
 */
export async function inSteps<Result>(
  connection: HranaConnection,
  body: (session: SqlSession) => Promise<Result>,
): Promise<Result> {
  await connection.run(BEGIN.sql);
  const result = await body(connection);
  await connection.run(COMMIT.sql).catch((error: unknown) => Promise.reject(inDoubt(error)));
  return result;
}

/** Unless all of them succeed the server rolls back: the connection is closed in the same round trip. */
async function finish(connection: HranaConnection, statements: readonly Statement[]): Promise<void> {
  const { failure } = await connection
    .chain([...statements, COMMIT], { last: true })
    .catch((error: unknown) => Promise.reject(inDoubt(error)));
  if (failure === null) return;
  throw failure.place === statements.length ? inDoubt(failure.error) : failed(failure.error);
}

const failed = (cause: unknown): TransactionFailed =>
  new TransactionFailed('A statement of the transaction failed.', { cause });
const inDoubt = (cause: unknown): CommitInDoubt => new CommitInDoubt('COMMIT was not answered.', { cause });
