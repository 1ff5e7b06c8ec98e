import { entryText, type Entry } from '../../../../src/core/entry.ts';
import type { NewEntry } from '../../../../src/core/ports/catalog.ts';
import { indexDocument } from '../index-document.ts';
import { entryByRef, insertEntry } from '../tables/entries.ts';
import { insertHistory } from '../tables/history.ts';
import { carryOutPlan, ownEmbedding, planEmbedding } from './embedding-plan.ts';
import type { GroupContext, OperationOf, OperationResult } from './group-context.ts';
import { refTaken, requireCategory, requireFreeId, requireFreeName } from './refusals.ts';
import { replaceEntry } from './replace-entry.ts';

export async function createEntry(
  group: GroupContext,
  operation: OperationOf<'create'>,
): Promise<OperationResult> {
  const { session } = group;
  const { entry: input, actor, atMs } = operation;
  const embedding = await ownEmbedding(group, operation.embedding);
  await requireCategory(group, input.categoryCode);

  const holder = input.ref === null ? null : await entryByRef(session, input.ref);
  if (holder !== null) return importOver(group, holder, { ...operation, embedding });
  await requireFreeId(session, input.id);
  await requireFreeName(session, input.type, input.data, input.id);

  const plan = planEmbedding(embedding, null, group.nextSeq);
  const entry = await insertEntry(session, group.takeKey(), input, plan.state, atMs);
  group.indexText(entry.key, entryText(entry));
  await carryOutPlan(session, plan, entry, embedding);
  const seq = await group.recordChange('create', entry, entry.version, atMs);
  await insertHistory(session, entry, { seq, op: 'create', version: entry.version, actor, atMs });
  return {
    entry,
    entryId: entry.id,
    change: { seq, key: entry.key, document: indexDocument(entry), vector: plan.vector },
    seq,
    created: true,
  };
}

/** A second write of the same ref: an import takes the new data, unless there is nothing new in it. */
async function importOver(
  group: GroupContext,
  holder: Entry,
  operation: OperationOf<'create'>,
): Promise<OperationResult> {
  const { entry: input, embedding, actor, atMs } = operation;
  if (operation.onRef === 'conflict' || holder.type !== input.type) throw refTaken(holder.ref ?? '', holder);
  if (saysTheSame(holder, input)) {
    return { entry: holder, entryId: holder.id, change: null, seq: holder.seq, created: false };
  }
  const { categoryCode, data, tags, ref } = input;
  return replaceEntry(group, holder, { categoryCode, data, tags, ref, embedding, actor, atMs });
}

function saysTheSame(entry: Entry, input: NewEntry): boolean {
  return (
    entry.categoryCode === input.categoryCode &&
    canonicalJson(entry.tags) === canonicalJson(input.tags) &&
    canonicalJson(entry.data) === canonicalJson(input.data)
  );
}

/** JSON with the keys of every object in order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
