import type { Entry } from '../../../../src/core/entry.ts';
import { asVectorId, type Seq } from '../../../../src/core/ids.ts';
import type { EmbeddingInput } from '../../../../src/core/ports/catalog.ts';
import type { SqlSession } from '../sql-session.ts';
import { queueEmbedding } from '../tables/embedding-queue.ts';
import { storeEmbedding, type StoredEmbedding } from '../tables/embeddings.ts';
import type { EmbeddingState } from '../tables/entries.ts';
import type { GroupContext } from './group-context.ts';

/** Which vector an entry has after a write. */
export interface EmbeddingPlan {
  readonly step: 'keep' | 'store' | 'queue';
  readonly state: EmbeddingState;
  readonly vector: Float32Array | null;
}

/**
 * Vectors of two embedders never mix. The first write binds the database; a vector of another embedder
 * is left out, and the entry waits for one of the right embedder.
 */
export async function ownEmbedding(group: GroupContext, input: EmbeddingInput): Promise<EmbeddingInput> {
  const bound = await group.bindFingerprint(input.fingerprint);
  if (bound === input.fingerprint) return input;
  const reason = `its vector was of ${input.fingerprint}, and the database holds those of ${bound}`;
  return { vector: null, fingerprint: bound, contentHash: input.contentHash, reason };
}

/** The same text keeps its vector and the vector its name, whatever else of the entry changed. */
export function planEmbedding(
  input: EmbeddingInput,
  stored: StoredEmbedding | null,
  seq: Seq,
): EmbeddingPlan {
  if (stored?.contentHash === input.contentHash && stored.fingerprint === input.fingerprint) {
    const state: EmbeddingState = { seq, vectorId: stored.vectorId, embeddingStatus: 'embedded' };
    return { step: 'keep', state, vector: stored.vector };
  }
  if (input.vector !== null) {
    const state: EmbeddingState = { seq, vectorId: asVectorId(seq), embeddingStatus: 'embedded' };
    return { step: 'store', state, vector: input.vector };
  }
  return { step: 'queue', state: { seq, vectorId: null, embeddingStatus: 'pending' }, vector: null };
}

/** @param entry as it is after the write; what it had before is cleared away unless it is kept */
export async function carryOutPlan(
  session: SqlSession,
  plan: EmbeddingPlan,
  entry: Entry,
  input: EmbeddingInput,
): Promise<void> {
  const { fingerprint, contentHash } = input;
  if (plan.step === 'store' && input.vector !== null) {
    const vectorId = asVectorId(entry.seq);
    await storeEmbedding(session, entry.key, { vectorId, fingerprint, contentHash, vector: input.vector });
  }
  if (plan.step === 'queue' && input.vector === null) {
    await queueEmbedding(session, entry.key, {
      version: entry.version,
      fingerprint,
      contentHash,
      reason: input.reason,
      queuedSeq: entry.seq,
      atMs: entry.updatedAtMs,
    });
  }
}
