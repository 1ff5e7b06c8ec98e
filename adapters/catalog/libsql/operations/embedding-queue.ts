import { entryByKey } from '../tables/entries.ts';
import { makeQueueDue, postponeQueued } from '../tables/embedding-queue.ts';
import { setQueuePaused } from '../tables/meta.ts';
import type { GroupContext, OperationOf, OperationResult } from './group-context.ts';

/** An entry that could not be embedded now. Late for a newer version, it says nothing. */
export async function postponeEmbedding(
  group: GroupContext,
  operation: OperationOf<'postpone-embedding'>,
): Promise<OperationResult> {
  const { key, baseVersion, attempts, nextAttemptMs, reason, failed } = operation;
  const entry = await entryByKey(group.session, key);
  if (entry?.version === baseVersion && entry.embeddingStatus === 'pending') {
    await postponeQueued(group.session, key, { attempts, nextAttemptMs, reason, failed });
  }
  return unchanged(group);
}

export async function setEmbeddingQueue(
  group: GroupContext,
  operation: OperationOf<'set-embedding-queue'>,
): Promise<OperationResult> {
  switch (operation.action) {
    case 'pause':
    case 'resume':
      await setQueuePaused(group.session, operation.action === 'pause');
      break;
    case 'make-due':
      await makeQueueDue(group.session, false);
      break;
    case 'retry-failed':
      await makeQueueDue(group.session, true);
      break;
    default:
      return operation.action satisfies never;
  }
  return unchanged(group);
}

const unchanged = (group: GroupContext): OperationResult => ({
  entry: null,
  entryId: null,
  change: null,
  seq: group.last.seq,
  created: false,
});
