import { entryText } from '../../../../src/core/entry.ts';
import { deleteEntry as removeRows } from '../tables/entries.ts';
import { insertHistory } from '../tables/history.ts';
import type { GroupContext, OperationOf, OperationResult } from './group-context.ts';
import { requireEntry, requireVersion } from './refusals.ts';

export async function deleteEntry(
  group: GroupContext,
  operation: OperationOf<'delete'>,
): Promise<OperationResult> {
  const { session } = group;
  const { type, entryId, expectedVersion, actor, atMs } = operation;
  const entry = await requireEntry(session, type, entryId);
  if (expectedVersion !== null) requireVersion(entry, expectedVersion);

  const version = entry.version + 1;
  group.unindexText(entry.key, entryText(entry));
  await removeRows(session, entry);
  const seq = await group.recordChange('delete', entry, version, atMs);
  await insertHistory(session, entry, { seq, op: 'delete', version, actor, atMs });
  return {
    entry: null,
    entryId,
    change: { seq, key: entry.key, document: null, vector: null },
    seq,
    created: false,
    deletedVersion: version,
  };
}
