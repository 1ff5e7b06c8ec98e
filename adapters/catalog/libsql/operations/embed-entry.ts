import { asVectorId } from '../../../../src/core/ids.ts';
import { indexDocument } from '../index-document.ts';
import { clearEmbedding, storeEmbedding } from '../tables/embeddings.ts';
import { entryByKey, setEmbedding } from '../tables/entries.ts';
import type { GroupContext, OperationOf, OperationResult } from './group-context.ts';

/** A vector that was made after the entry was stored. Late for a newer version, or of another embedder, it is dropped. */
export async function embedEntry(
  group: GroupContext,
  operation: OperationOf<'embed'>,
): Promise<OperationResult> {
  const { session } = group;
  const { key, baseVersion, vector, fingerprint, contentHash, atMs } = operation;
  const bound = await group.bindFingerprint(fingerprint);
  const entry = await entryByKey(session, key);
  if (entry?.version !== baseVersion || bound !== fingerprint) {
    return { entry, entryId: entry?.id ?? null, change: null, seq: group.last.seq, created: false };
  }
  const vectorId = asVectorId(group.nextSeq);
  await clearEmbedding(session, key);
  await storeEmbedding(session, key, { vectorId, fingerprint, contentHash, vector });
  const state = { seq: group.nextSeq, vectorId, embeddingStatus: 'embedded' } as const;
  const embedded = await setEmbedding(session, entry, state);
  const seq = await group.recordChange('embed', embedded, embedded.version, atMs);
  return {
    entry: embedded,
    entryId: embedded.id,
    change: { seq, key, document: indexDocument(embedded), vector },
    seq,
    created: false,
  };
}
