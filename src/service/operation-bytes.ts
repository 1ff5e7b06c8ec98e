import type { EntryData } from '../core/entry.ts';
import type { EmbeddingInput, WriteOperation } from '../core/ports/catalog.ts';

const FIXED_BYTES = 512;

/** About how much memory an operation holds while it waits: bounds of queues need no more. */
export function operationBytes(operation: WriteOperation): number {
  switch (operation.kind) {
    case 'create':
      return FIXED_BYTES + dataBytes(operation.entry.data) + vectorBytes(operation.embedding);
    case 'update':
      return FIXED_BYTES + dataBytes(operation.data) + vectorBytes(operation.embedding);
    case 'embed':
      return FIXED_BYTES + operation.vector.byteLength;
    case 'stage-embeddings':
      return FIXED_BYTES + operation.vectors.reduce((sum, { vector }) => sum + vector.byteLength, 0);
    case 'postpone-embedding':
    case 'set-embedding-queue':
    case 'switch-embedder':
    case 'delete':
    case 'take-lease':
    case 'drop-lease':
    case 'create-category':
    case 'audit':
      return FIXED_BYTES;
  }
}

const vectorBytes = (embedding: EmbeddingInput): number => embedding.vector?.byteLength ?? 0;

/** UTF-16: two bytes a code unit. Small objects such as `context` count through their fixed share. */
function dataBytes(data: EntryData): number {
  let units = 0;
  for (const value of Object.values(data)) if (typeof value === 'string') units += value.length;
  return 2 * units;
}
