import { ChlError } from '../../../../src/core/errors.ts';
import { asVectorId, type EntryKey, type VectorId } from '../../../../src/core/ids.ts';
import type { SqlCell, SqlReader, SqlSession } from '../sql-session.ts';

export interface StoredEmbedding {
  readonly vectorId: VectorId;
  readonly fingerprint: string;
  readonly contentHash: string;
  readonly vector: Float32Array;
}

/** By the entry's id, which is known before the entry is read. */
export async function embeddingOf(reader: SqlReader, entryId: string): Promise<StoredEmbedding | null> {
  const row = await reader.first(
    'SELECT v.* FROM entries e JOIN embeddings v ON v.entry_key = e.entry_key WHERE e.id = ?',
    [entryId],
  );
  if (row === null) return null;
  return {
    vectorId: asVectorId(row['vector_id'] as number),
    fingerprint: row['fingerprint'] as string,
    contentHash: row['content_hash'] as string,
    vector: vectorFromBlob(row['vector'] ?? null),
  };
}

export async function storeEmbedding(
  session: SqlSession,
  key: EntryKey,
  embedding: StoredEmbedding,
): Promise<void> {
  await session.run(
    'INSERT INTO embeddings (vector_id, entry_key, fingerprint, content_hash, vector) VALUES (?, ?, ?, ?, ?)',
    [embedding.vectorId, key, embedding.fingerprint, embedding.contentHash, vectorToBlob(embedding.vector)],
  );
}

/** Takes away the vector, which must never answer for a newer text, and the place in the queue. */
export async function clearEmbedding(session: SqlSession, key: EntryKey): Promise<void> {
  await session.run('DELETE FROM embeddings WHERE entry_key = ?', [key]);
  await session.run('DELETE FROM embedding_queue WHERE entry_key = ?', [key]);
}

/** Little-endian float32, as every platform we run on keeps them in memory. */
export function vectorToBlob(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

export function vectorFromBlob(cell: SqlCell): Float32Array {
  // Copied where it is a view, which need not begin at a multiple of four.
  const bytes = cell instanceof Uint8Array ? Uint8Array.from(cell).buffer : cell;
  if (!(bytes instanceof ArrayBuffer) || bytes.byteLength === 0 || bytes.byteLength % 4 !== 0) {
    throw new ChlError('CORRUPT', 'A stored vector is damaged.', {
      operation: 'catalog.vectors',
      hint: 'Run `chl verify`.',
    });
  }
  return new Float32Array(bytes);
}
