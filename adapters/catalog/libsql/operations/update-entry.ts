import { ownEmbedding } from './embedding-plan.ts';
import type { GroupContext, OperationOf, OperationResult } from './group-context.ts';
import { requireEntry, requireVersion } from './refusals.ts';
import { replaceEntry } from './replace-entry.ts';

export async function updateEntry(
  group: GroupContext,
  operation: OperationOf<'update'>,
): Promise<OperationResult> {
  const { type, entryId, baseVersion, data, tags, ref, actor, atMs } = operation;
  const embedding = await ownEmbedding(group, operation.embedding);
  const entry = await requireEntry(group.session, type, entryId);
  requireVersion(entry, baseVersion);
  const { categoryCode } = entry;
  return replaceEntry(group, entry, { categoryCode, data, tags, ref, embedding, actor, atMs });
}
