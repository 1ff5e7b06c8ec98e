import { tmpdir } from 'node:os';
import type { VectorBackend } from '../../../src/core/ports/vector-backend.ts';
import { buildFlat, loadFlat } from './flat.ts';
import { buildHnsw, loadHnsw } from './hnsw.ts';
import { probeLayout } from './layout.ts';
import { loadFaissNative, type FaissNative } from './native.ts';
import { storedLinks } from './stored-links.ts';

export interface FaissOptions {
  /** Where `scripts/setup` put the binaries, when not in `.build/faiss` of the package. */
  readonly nativeDirectory?: string;
  /** Room for one index file at a time. The system's folder for temporary files by default. */
  readonly scratchDirectory?: string;
}

/** What the two kinds work with. */
export interface FaissContext {
  readonly native: FaissNative;
  readonly scratchDirectory: string;
}

/**
 * FAISS (Johnson, Douze & Jégou, arXiv:1702.08734) through faiss-node: exact search over `flat`
 * segments, approximate over `hnsw`, both by inner product. Synchronous and native: a crash in it
 * ends the process, so the service hosts it in a child.
 *
 * @throws UNAVAILABLE where FAISS is not set up, CONFIGURATION in a worker thread
 */
export function openFaissBackend(options: FaissOptions = {}): VectorBackend {
  const native = loadFaissNative(options.nativeDirectory);
  probeLayout(native);
  const context: FaissContext = { native, scratchDirectory: options.scratchDirectory ?? tmpdir() };
  return {
    name: 'faiss-node',
    capabilities: {
      kinds: ['flat', 'hnsw'],
      runtimes: ['node', 'deno'],
      nativeCode: true,
      serializable: true,
    },
    build: (vectors, parameters) =>
      (parameters.kind === 'flat' ? buildFlat : buildHnsw)(context, vectors, parameters),
    load: (bytes, vectors, parameters) =>
      (parameters.kind === 'flat' ? loadFlat : loadHnsw)(context, bytes, vectors, parameters),
    linksOf: storedLinks,
  };
}
