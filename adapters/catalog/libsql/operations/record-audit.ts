import type { GroupContext, OperationOf, OperationResult } from './group-context.ts';

export async function recordAudit(
  group: GroupContext,
  operation: OperationOf<'audit'>,
): Promise<OperationResult> {
  const { actor, action, detail, atMs } = operation;
  await group.session.run('INSERT INTO audit (actor, action, detail, at_ms) VALUES (?, ?, ?, ?)', [
    actor,
    action,
    JSON.stringify(detail),
    atMs,
  ]);
  return { entry: null, entryId: null, change: null, seq: group.last.seq, created: true };
}
