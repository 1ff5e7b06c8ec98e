import { Mutex } from 'async-mutex';
import { ChlError } from '../../../../src/core/errors.ts';
import type { CommitReport, WriteOperation } from '../../../../src/core/ports/catalog.ts';
import type { BindingWriter, WriterFault } from '../local-writer.ts';
import { migrate } from '../migrations/migrate.ts';
import type { SqlSession } from '../sql-session.ts';
import { outcomeUnknown, sqlFault, sqliteCode } from '../sqlite-errors.ts';
import { dropOldChanges } from '../tables/changes-retention.ts';
import { bindFingerprint } from '../tables/meta.ts';
import { applyGroup, type AppliedGroup } from '../write-group.ts';
import { Doubts } from './doubts.ts';
import { Foresight } from './foresight.ts';
import { HranaConnection, type HranaClient } from './hrana-connection.ts';
import { LookAhead } from './look-ahead.ts';
import {
  CommitInDoubt,
  commitStatements,
  inSteps,
  PipelinedTransaction,
  TransactionFailed,
} from './pipelined-transaction.ts';
import { neverHappened } from './server-fault.ts';

export interface RemoteWriterOptions {
  readonly client: HranaClient;
  readonly onFault: (fault: WriterFault) => void;
  readonly changesKept?: number;
}

/**
 * How often a group is tried again when another replica holds the lock, or to find out what became of
 * it when the answer to its COMMIT was lost. The pauses together are about 3 s.
 */
const ATTEMPTS = 8;
const PAUSE_MS = 25;

/**
 * Writes through a libSQL server. It has one writer at a time for all its clients, so the group's
 * transaction is the same as on a file; what differs is that every round trip counts, and that a
 * failure of the network is one of the things that can happen to a COMMIT. Three ways, from the
 * fastest to the surest:
 *
 * 1. One round trip: the group is decided on what this writer expects, and the server checks that.
 * 2. Two: all that the group has to know is asked under the write lock, then all is written.
 * 3. A round trip a statement, with savepoints, when a statement of 2 failed: so that it is known which.
 *
 * A stream serves one transaction and is never used again.
 */
export class RemoteWriter implements BindingWriter {
  readonly #options: RemoteWriterOptions;
  readonly #mutex = new Mutex();
  readonly #foresight = new Foresight();
  /** Whether this writer's last transaction found the database as its own one before had left it. */
  #isAlone = false;

  private constructor(options: RemoteWriterOptions) {
    this.#options = options;
  }

  /** Brings the schema up to date; replicas that start together take turns. @throws CONFIGURATION, UNAVAILABLE */
  static async open(options: RemoteWriterOptions): Promise<RemoteWriter> {
    const connection = new HranaConnection(options.client);
    try {
      await migrate(connection, { nowMs: Date.now() });
      return new RemoteWriter(options);
    } catch (error) {
      throw neverHappened(error, 'catalog.open');
    } finally {
      connection.close();
    }
  }

  /** A group is never written twice: one whose COMMIT was not answered is looked for before it is tried again. */
  commit(group: readonly WriteOperation[]): Promise<CommitReport> {
    return this.#mutex.runExclusive(async () => {
      const doubts = new Doubts();
      if (this.#isAlone && this.#foresight.canPlan(group)) {
        const report = await this.#commitForeseen(group, doubts);
        if (report !== null) return report;
      }
      return this.#persist(doubts, (connection, stepwise) =>
        stepwise
          ? this.#commitStepwise(connection, group, doubts)
          : this.#commitLocked(connection, group, doubts),
      );
    });
  }

  bindFingerprint(fingerprint: string): Promise<string> {
    return this.#mutex.runExclusive(() =>
      this.#persist(new Doubts(), (connection) =>
        inSteps(connection, (session) => bindFingerprint(session, fingerprint)),
      ),
    );
  }

  async compact(): Promise<void> {
    throw new ChlError('UNAVAILABLE', 'A remote database is compacted by its own server.', {
      retryable: false,
    });
  }

  async close(): Promise<void> {
    await this.#mutex.waitForUnlock();
  }

  /** @returns null when it was not committed, or when that is in doubt */
  async #commitForeseen(group: readonly WriteOperation[], doubts: Doubts): Promise<CommitReport | null> {
    const plan = this.#foresight.plan();
    const applied = await this.#apply(plan, group);
    // A refusal is what the caller is told, so it must not rest on an expectation.
    if (applied.report.outcomes.some(({ ok }) => !ok)) return null;
    const connection = new HranaConnection(this.#options.client);
    try {
      await commitStatements(connection, plan.take());
      this.#foresight.learn(applied.end);
      return applied.report;
    } catch (error) {
      this.#isAlone = false;
      if (error instanceof CommitInDoubt) this.#doubt(error, applied, doubts);
      return null;
    }
  }

  async #commitLocked(
    connection: HranaConnection,
    group: readonly WriteOperation[],
    doubts: Doubts,
  ): Promise<CommitReport> {
    const transaction = new PipelinedTransaction(connection);
    const ahead = new LookAhead(transaction, group);
    const [, settled] = await Promise.all([ahead.before(0), doubts.settle(transaction)]);
    if (settled !== null) return settled;
    const isAlone = this.#foresight.held(transaction.answers);
    const applied = await this.#apply(transaction, group, ahead);
    try {
      await transaction.commit();
    } catch (error) {
      if (error instanceof CommitInDoubt) this.#doubt(error, applied, doubts);
      throw error;
    }
    this.#isAlone = isAlone;
    this.#foresight.learn(applied.end, transaction.answers);
    return applied.report;
  }

  async #commitStepwise(
    connection: HranaConnection,
    group: readonly WriteOperation[],
    doubts: Doubts,
  ): Promise<CommitReport> {
    let applied: AppliedGroup | null = null;
    try {
      return await inSteps(connection, async (session) => {
        const settled = await doubts.settle(session);
        if (settled !== null) return settled;
        applied = await this.#apply(session, group);
        return applied.report;
      });
    } catch (error) {
      if (error instanceof CommitInDoubt && applied !== null) this.#doubt(error, applied, doubts);
      throw error;
    }
  }

  async #apply(
    session: SqlSession,
    group: readonly WriteOperation[],
    ahead?: LookAhead,
  ): Promise<AppliedGroup> {
    const applied = await applyGroup(session, group, {
      onUnexpected: (error) => this.#report('An operation failed.', error),
      before: (place) => ahead?.before(place),
    });
    const { changesKept } = this.#options;
    if (changesKept !== undefined) await dropOldChanges(session, applied.report.after.seq, changesKept);
    return applied;
  }

  /** Each attempt on a stream of its own. @throws OUTCOME_UNKNOWN, UNAVAILABLE, STORAGE_FULL */
  async #persist<Result>(
    doubts: Doubts,
    attempt: (connection: HranaConnection, stepwise: boolean) => Promise<Result>,
  ): Promise<Result> {
    let stepwise = false;
    for (let attempts = 1; ; attempts += 1) {
      const connection = new HranaConnection(this.#options.client);
      try {
        return await attempt(connection, stepwise);
      } catch (error) {
        const next: NextStep = nextStep(error, doubts);
        if (next === null || attempts === ATTEMPTS) throw finalError(error, doubts);
        stepwise ||= next === 'stepwise';
      } finally {
        connection.close();
      }
      // Full jitter: replicas that collided once should not collide again.
      await pause(Math.random() * PAUSE_MS * 2 ** attempts);
    }
  }

  #doubt(error: CommitInDoubt, { report }: AppliedGroup, doubts: Doubts): void {
    this.#report('A commit was not answered.', error.cause);
    this.#foresight.forget();
    doubts.add(report);
  }

  #report(message: string, error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    this.#options.onFault({ message, sqliteCode: sqliteCode(error), cause });
  }
}

/** What a failed attempt is followed by; null: nothing. */
type NextStep = 'again' | 'stepwise' | null;

function nextStep(error: unknown, doubts: Doubts): NextStep {
  if (error instanceof CommitInDoubt) return doubts.canBeSettled ? 'again' : null;
  const cause = causeOf(error);
  if (sqlFault(cause) === 'busy') return 'again';
  if (error instanceof TransactionFailed && sqliteCode(cause) !== null && sqlFault(cause) === 'operation') {
    return 'stepwise';
  }
  return doubts.canBeSettled ? 'again' : null;
}

const finalError = (error: unknown, doubts: Doubts): ChlError =>
  error instanceof CommitInDoubt || doubts.any
    ? outcomeUnknown(causeOf(error), 'catalog.commit')
    : neverHappened(causeOf(error), 'catalog.commit');

const causeOf = (error: unknown): unknown =>
  error instanceof TransactionFailed || error instanceof CommitInDoubt ? error.cause : error;

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
