import { ChlError } from '../../../../src/core/errors.ts';
import type { Entry } from '../../../../src/core/entry.ts';
import { asVectorId, type Seq } from '../../../../src/core/ids.ts';
import type { EmbeddingInput } from '../../../../src/core/ports/catalog.ts';
import type { SqlSession } from '../sql-session.ts';
import {
  queueEmbedding,
  removeEmbedding,
  storeEmbedding,
  type StoredEmbedding,
} from '../tables/embeddings.ts';
import type { EmbeddingState } from '../tables/entries.ts';
import { bindFingerprint } from '../tables/meta.ts';

/** Which vector an entry has after a write. */
export interface EmbeddingPlan {
  readonly step: 'keep' | 'store' | 'queue';
  readonly state: EmbeddingState;
  readonly vector: Float32Array | null;
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

/** @param entry as it is after the write */
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
    await removeEmbedding(session, entry.key);
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

/** Vectors of two embedders never mix: the first write binds the database, and others are refused. */
export async function requireFingerprint(session: SqlSession, fingerprint: string): Promise<void> {
  const bound = await bindFingerprint(session, fingerprint);
  if (bound !== fingerprint) {
    throw new ChlError('EMBEDDER_MISMATCH', `The stored vectors are of ${bound}, not of ${fingerprint}.`, {
      operation: 'catalog.commit',
      hint: 'Configure the former embedder again, or run `chl reembed`.',
    });
  }
}
