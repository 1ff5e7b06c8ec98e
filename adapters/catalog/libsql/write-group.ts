import { ChlError, toChlError } from '../../../src/core/errors.ts';
import type { CommitReport, WriteOperation, WriteOutcome } from '../../../src/core/ports/catalog.ts';
import { createCategory } from './operations/create-category.ts';
import { createEntry } from './operations/create-entry.ts';
import { deleteEntry } from './operations/delete-entry.ts';
import { embedEntry } from './operations/embed-entry.ts';
import { postponeEmbedding, setEmbeddingQueue } from './operations/embedding-queue.ts';
import { GroupContext, type OperationResult } from './operations/group-context.ts';
import { dropLease, refuseFenced, takeLease } from './operations/lease.ts';
import { recordAudit } from './operations/record-audit.ts';
import { stageEmbeddings, switchEmbedder } from './operations/switch-embedder.ts';
import { updateEntry } from './operations/update-entry.ts';
import { SAVEPOINT } from './savepoint.ts';
import type { SqlSession } from './sql-session.ts';
import { sqlFault } from './sqlite-errors.ts';
import type { GroupStart } from './tables/changes.ts';
import { purgeExpiredKeys, recallOutcome, rememberOutcome } from './tables/idempotency-keys.ts';

export interface GroupListener {
  /** Told of a failure that is no refusal, with what the outcome may not show: its cause. */
  onUnexpected(error: unknown): void;
  /** Before the operation at this place: whoever is far from the database asks ahead what it will read. */
  before?(place: number): Promise<void> | undefined;
}

export interface AppliedGroup {
  readonly report: CommitReport;
  /** Where the next group begins, once this one is committed. */
  readonly end: GroupStart;
}

/**
 * Applies a group inside the transaction the caller has begun and will commit. Knows nothing of
 * connections: the same for a local file and a remote server.
 * @throws what failed the transaction as a whole; a refused operation is an outcome, not an error
 */
export async function applyGroup(
  session: SqlSession,
  operations: readonly WriteOperation[],
  listener: GroupListener,
): Promise<AppliedGroup> {
  const group = await GroupContext.begin(session);
  const before = group.last;
  const outcomes: WriteOutcome[] = [];
  for (const [place, operation] of operations.entries()) {
    await listener.before?.(place);
    outcomes.push(await applyInSavepoint(group, operation, listener));
  }
  await group.finish();
  const keyed = operations.findLast((operation) => operation.idempotency !== undefined);
  if (keyed !== undefined) await purgeExpiredKeys(session, keyed.atMs);
  return { report: { outcomes, before, after: group.last }, end: group.mark };
}

/** Undone alone when it is refused; the numbers it took are given back. */
async function applyInSavepoint(
  group: GroupContext,
  operation: WriteOperation,
  listener: GroupListener,
): Promise<WriteOutcome> {
  const { mark } = group;
  await group.session.run(SAVEPOINT.set);
  try {
    const outcome = await applyOnce(group, operation);
    await group.session.run(SAVEPOINT.release);
    return outcome;
  } catch (error) {
    if (sqlFault(error) !== 'operation') throw error;
    await group.session.run(SAVEPOINT.rollBack);
    await group.session.run(SAVEPOINT.release);
    group.rewind(mark);
    if (!(error instanceof ChlError)) listener.onUnexpected(error);
    return { ok: false, error: toChlError(error, 'catalog.commit').toData() };
  }
}

async function applyOnce(group: GroupContext, operation: WriteOperation): Promise<WriteOutcome> {
  const { idempotency, lease, atMs } = operation;
  if (lease !== undefined) await refuseFenced(group, lease);
  if (idempotency === undefined) return succeeded(await apply(group, operation), null);
  const recalled = await recallOutcome(group.session, idempotency, atMs);
  if (recalled !== null) return recalled;
  const outcome = succeeded(await apply(group, operation), idempotency.extras);
  await rememberOutcome(group.session, idempotency, outcome, atMs);
  return outcome;
}

function apply(group: GroupContext, operation: WriteOperation): Promise<OperationResult> {
  switch (operation.kind) {
    case 'create':
      return createEntry(group, operation);
    case 'update':
      return updateEntry(group, operation);
    case 'delete':
      return deleteEntry(group, operation);
    case 'embed':
      return embedEntry(group, operation);
    case 'postpone-embedding':
      return postponeEmbedding(group, operation);
    case 'set-embedding-queue':
      return setEmbeddingQueue(group, operation);
    case 'stage-embeddings':
      return stageEmbeddings(group, operation);
    case 'switch-embedder':
      return switchEmbedder(group, operation);
    case 'take-lease':
      return takeLease(group, operation);
    case 'drop-lease':
      return dropLease(group, operation);
    case 'create-category':
      return createCategory(group, operation);
    case 'audit':
      return recordAudit(group, operation);
    default:
      return operation satisfies never;
  }
}

type Success = Extract<WriteOutcome, { readonly ok: true }>;

function succeeded(result: OperationResult, extras: Success['extras']): Success {
  return { ok: true, ...result, replayed: false, extras };
}
