import type { BackendCandidate } from '../core/engine/collection-options.ts';

/**
 * The vector backends in the order in which `auto` tries them. Each is imported when it is its turn:
 * a native library costs memory, and may not be there.
 */
export const vectorBackends: readonly BackendCandidate[] = [
  {
    name: 'faiss-node',
    load: async () => (await import('../../adapters/index/faiss-node/backend.ts')).openFaissBackend(),
  },
  {
    name: 'hnswlib-wasm',
    load: async () => (await import('../../adapters/index/hnswlib-wasm/backend.ts')).hnswlibWasmBackend,
  },
  {
    name: 'flat',
    load: async () => (await import('../../adapters/index/flat/backend.ts')).flatBackend,
  },
];
