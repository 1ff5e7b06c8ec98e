import type { VectorId } from '../ids.ts';
import type { BackendName, IndexParameters } from './vector-backend.ts';

/**
 * Builds sealed segments where it disturbs nobody: a process at low priority, or in-line. The file
 * is written, synced and renamed before `build` resolves; the engine then loads and publishes it.
 */
export interface SegmentBuilder {
  /** Null, and no file, when none of the vectors it was to hold exists any more. */
  build(task: BuildTask): Promise<BuiltSegment | null>;
  close(): Promise<void>;
}

export interface BuildTask {
  /** Name of the segment file to make. */
  readonly fileName: string;
  readonly backend: BackendName;
  readonly parameters: IndexParameters;
  readonly input: BuildInput;
}

export type BuildInput =
  /** Merge: the live rows of existing segment files. */
  | { readonly from: 'segments'; readonly segments: readonly SegmentSource[] }
  /** Rebuild: these ids (ascending) read from the database; ids gone meanwhile are left out. */
  | { readonly from: 'database'; readonly ids: readonly VectorId[] }
  /** Seal: rows handed over. */
  | { readonly from: 'rows'; readonly ids: Float64Array; readonly vectors: Float32Array };

export interface SegmentSource {
  readonly fileName: string;
  /** Length and SHA-256 as the manifest has them; the file is checked before it is read. */
  readonly bytes: number;
  readonly sha256: string;
  /** Live rows, ascending. */
  readonly keepRows: Uint32Array;
}

export interface BuiltSegment {
  readonly fileName: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}
