import type { Files } from '../ports/files.ts';
import type { CollectionSpec } from '../ports/index-host.ts';
import type { IndexSource } from '../ports/index-source.ts';
import type { Clock, Logger } from '../ports/runtime.ts';
import type { NativeScanKernels } from '../ports/scan-kernel.ts';
import type { SegmentBuilder } from '../ports/segment-builder.ts';
import type { TextIndex } from '../ports/text-index.ts';
import type { BackendName, VectorBackend } from '../ports/vector-backend.ts';

/** What a collection is made of. The parts stay the caller's to close, after the collection. */
export interface CollectionOptions {
  readonly spec: CollectionSpec;
  /** The folder of the snapshots; an in-memory one where there is no file system. */
  readonly files: Files;
  readonly source: IndexSource;
  /** In the order in which `auto` tries them; any other choice takes the one it names. */
  readonly backends: readonly BackendCandidate[];
  /** Left out: WebAssembly scans. */
  readonly nativeKernels?: NativeScanKernels | undefined;
  readonly createTextIndex: () => TextIndex;
  /** Writes into `files`. */
  readonly builder: SegmentBuilder;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A backend by name; the library behind it is loaded when it is its turn. */
export interface BackendCandidate {
  readonly name: BackendName;
  /** @throws UNAVAILABLE when the library is not there or does not work on this machine */
  load(): Promise<VectorBackend>;
}
