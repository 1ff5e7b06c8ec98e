import type { ErrorData } from '../../../src/core/errors.ts';
import type { BuildTask, BuiltSegment } from '../../../src/core/ports/segment-builder.ts';

/** What the index process and the builder process say to each other, by structured clone. */

/** Where a collection lives: enough for the builder to open its files and its database on its own. */
export interface BuildTarget {
  readonly directory: string;
  readonly databaseUrl: string;
  readonly databaseAuthToken: string | null;
  readonly fingerprint: string;
}

/** One at a time; the next is sent when this one is answered. */
export interface BuildRequest {
  readonly target: BuildTarget;
  readonly task: BuildTask;
}

export type BuildAnswer =
  | { readonly ok: true; readonly built: BuiltSegment | null }
  | { readonly ok: false; readonly error: ErrorData };
