import { failpoint } from '../failpoints.ts';
import type { Files } from '../ports/files.ts';
import type { IndexSource } from '../ports/index-source.ts';
import type { BuildTask, BuiltSegment } from '../ports/segment-builder.ts';
import type { VectorBackend } from '../ports/vector-backend.ts';
import { sha256Hex } from './checksum.ts';
import { gatherRows } from './gather-rows.ts';
import type { Rows } from './gather-rows.ts';
import { encodeSegment } from './segment-file.ts';
import { stageFile } from './stage-file.ts';

export interface BuildContext {
  readonly files: Files;
  /** Needed by tasks `from: 'database'`. */
  readonly source: IndexSource;
  /** Embedder fingerprint of the collection; goes into the file. */
  readonly fingerprint: string;
  backend(name: BuildTask['backend']): Promise<VectorBackend>;
}

/**
 * Makes one segment file: gathers the rows, builds and serialises the backend's index where that
 * saves work at load, and writes the file so that it is durable under its name or not there at all.
 * @returns null when no row is left: the last ones were deleted after the task was written
 * @throws CORRUPT when an input segment is damaged
 */
export async function buildSegment(task: BuildTask, context: BuildContext): Promise<BuiltSegment | null> {
  const rows = await gatherRows(task, context);
  if (rows.ids.length === 0) return null;
  const bytes = encodeSegment({
    kind: task.parameters.kind,
    backend: task.backend,
    dimension: task.parameters.dimension,
    hnsw: task.parameters.hnsw,
    fingerprint: context.fingerprint,
    ...rows,
    backendBytes: await backendBytes(task, context, rows),
  });
  await context.files.rename(await stageFile(context.files, task.fileName, bytes), task.fileName);
  failpoint('segment.before-folder-sync');
  await context.files.syncFolder();
  return {
    fileName: task.fileName,
    rows: rows.ids.length,
    bytes: bytes.length,
    sha256: await sha256Hex(bytes),
  };
}

/**
 * A graph is worth keeping: seconds to build, milliseconds to read. A flat index is nothing but the
 * vectors, which the file has anyway.
 */
async function backendBytes(task: BuildTask, context: BuildContext, rows: Rows): Promise<Uint8Array | null> {
  if (task.parameters.kind === 'flat') return null;
  const backend = await context.backend(task.backend);
  if (!backend.capabilities.serializable) return null;
  const index = await backend.build(rows.vectors, task.parameters);
  try {
    return await index.serialize();
  } finally {
    index.close();
  }
}
