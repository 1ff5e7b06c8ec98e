import { LRUCache } from 'lru-cache';
import type { EmbeddingRole } from '../core/ports/embedder.ts';

export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
}

export interface EmbeddingCacheStatus {
  readonly query: CacheCounts;
  readonly passage: CacheCounts;
  readonly entries: number;
  readonly bytes: number;
}

/** What an embedder made of a text; null: it found nothing in it. */
interface Remembered {
  readonly vector: Float32Array | null;
}

/** Key, object and list node of an entry, about. */
const OVERHEAD_BYTES = 300;

/**
 * Checked vectors by fingerprint, role and text (of a passage: its content hash). Bounded in bytes;
 * what was longest not asked for goes first.
 */
export class EmbeddingCache {
  readonly #vectors: LRUCache<string, Remembered>;
  readonly #counts = { query: { hits: 0, misses: 0 }, passage: { hits: 0, misses: 0 } };

  constructor(maxBytes: number) {
    this.#vectors = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ vector }, key) => OVERHEAD_BYTES + 2 * key.length + (vector?.byteLength ?? 0),
    });
  }

  /** Undefined when it is not remembered. The vector is shared: nobody writes into it. */
  get(fingerprint: string, role: EmbeddingRole, text: string): Float32Array | null | undefined {
    const found = this.#vectors.get(keyOf(fingerprint, role, text));
    this.#counts[role][found === undefined ? 'misses' : 'hits'] += 1;
    return found?.vector;
  }

  set(fingerprint: string, role: EmbeddingRole, text: string, vector: Float32Array | null): void {
    this.#vectors.set(keyOf(fingerprint, role, text), { vector });
  }

  status(): EmbeddingCacheStatus {
    return {
      query: { ...this.#counts.query },
      passage: { ...this.#counts.passage },
      entries: this.#vectors.size,
      bytes: this.#vectors.calculatedSize,
    };
  }
}

const keyOf = (fingerprint: string, role: EmbeddingRole, text: string): string =>
  `${fingerprint}\0${role}\0${text}`;
