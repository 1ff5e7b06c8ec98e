import type { VectorBackend } from '../../../src/core/ports/vector-backend.ts';
import { FlatIndex } from './flat-index.ts';

/**
 * Exact search in plain TypeScript: the smallest example of a backend, the oracle of recall, and
 * what runs where nothing else does. About 0.5 µs a row at 384 dimensions.
 */
export const flatBackend: VectorBackend = {
  name: 'flat',
  capabilities: {
    kinds: ['flat'],
    runtimes: ['node', 'deno', 'edge'],
    nativeCode: false,
    // The vectors are the index; storing them a second time would only take space.
    serializable: false,
  },
  build: (vectors, { dimension }) => Promise.resolve(new FlatIndex(vectors, dimension)),
  load: (_bytes, vectors, { dimension }) => Promise.resolve(new FlatIndex(vectors, dimension)),
  linksOf: () => null,
};
