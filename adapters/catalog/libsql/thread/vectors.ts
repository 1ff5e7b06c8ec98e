import type { Transferable } from 'node:worker_threads';
import type { CommitReport, WriteOperation } from '../../../../src/core/ports/catalog.ts';

/**
 * A group whose vectors have buffers of their own. The caller's may be views of one large batch:
 * moving it would take it from everybody else, and copying a view copies the whole buffer under it.
 */
export function withOwnVectors(group: readonly WriteOperation[]): readonly WriteOperation[] {
  return group.map((operation) => {
    if (operation.kind === 'embed') return { ...operation, vector: operation.vector.slice() };
    if (!('embedding' in operation) || operation.embedding.vector === null) return operation;
    return {
      ...operation,
      embedding: { ...operation.embedding, vector: operation.embedding.vector.slice() },
    };
  });
}

export function vectorBuffersOf(group: readonly WriteOperation[]): readonly Transferable[] {
  const vectors = group.map((operation) => {
    if (operation.kind === 'embed') return operation.vector;
    return 'embedding' in operation ? operation.embedding.vector : null;
  });
  return buffersOf(vectors);
}

export function vectorBuffersOfReport(report: CommitReport): readonly Transferable[] {
  return buffersOf(report.outcomes.map((outcome) => (outcome.ok ? (outcome.change?.vector ?? null) : null)));
}

function buffersOf(vectors: readonly (Float32Array | null)[]): readonly Transferable[] {
  const buffers = new Set<ArrayBuffer>();
  for (const vector of vectors) if (vector?.buffer instanceof ArrayBuffer) buffers.add(vector.buffer);
  return [...buffers];
}
