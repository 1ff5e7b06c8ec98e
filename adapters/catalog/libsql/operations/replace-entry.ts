import { entryText, sameText, type Entry, type EntryData } from '../../../../src/core/entry.ts';
import type { EmbeddingInput } from '../../../../src/core/ports/catalog.ts';
import { indexDocument } from '../index-document.ts';
import { clearEmbedding, embeddingOf } from '../tables/embeddings.ts';
import { updateEntry } from '../tables/entries.ts';
import { insertHistory } from '../tables/history.ts';
import { carryOutPlan, planEmbedding } from './embedding-plan.ts';
import type { GroupContext, OperationResult } from './group-context.ts';
import { requireFreeName, requireFreeRef } from './refusals.ts';

export interface Replacement {
  readonly categoryCode: string;
  readonly data: EntryData;
  readonly tags: readonly string[];
  readonly ref: string | null;
  readonly embedding: EmbeddingInput;
  readonly actor: string;
  readonly atMs: number;
}

/** The next version of an entry, by an update or an import. */
export async function replaceEntry(
  group: GroupContext,
  entry: Entry,
  replacement: Replacement,
): Promise<OperationResult> {
  const { session } = group;
  const { categoryCode, data, tags, ref, embedding, actor, atMs } = replacement;
  await requireFreeRef(session, ref, entry.id);
  await requireFreeName(session, entry.type, data, entry.id);

  const plan = planEmbedding(embedding, await embeddingOf(session, entry.id), group.nextSeq);
  const updated = await updateEntry(session, entry, { categoryCode, data, tags, ref, ...plan.state }, atMs);
  replaceText(group, entry, updated);
  if (plan.step !== 'keep') await clearEmbedding(session, entry.key);
  await carryOutPlan(session, plan, updated, embedding);
  const seq = await group.recordChange('update', updated, updated.version, atMs);
  await insertHistory(session, updated, { seq, op: 'update', version: updated.version, actor, atMs });
  return {
    entry: updated,
    entryId: updated.id,
    change: { seq, key: updated.key, document: indexDocument(updated), vector: plan.vector },
    seq,
    created: false,
  };
}

function replaceText(group: GroupContext, entry: Entry, updated: Entry): void {
  const before = entryText(entry);
  const after = entryText(updated);
  if (sameText(before, after)) return;
  group.unindexText(entry.key, before);
  group.indexText(entry.key, after);
}
