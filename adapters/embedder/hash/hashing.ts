/*
 * 32-bit integer arithmetic only (Math.imul, shifts), so that every runtime and machine makes the same
 * vectors.
 */

/** FNV-1a over UTF-16 code units, then the finaliser. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mix(hash);
}

/** Depends on the order of the two. */
export function hashPair(first: number, second: number): number {
  return mix(Math.imul(first, 0x9e3779b1) ^ second);
}

/**
 * Adds a feature to a hashed vector (Weinberger et al., "Feature Hashing for Large Scale Multitask
 * Learning", ICML 2009): a random sign makes collisions cancel on average. Every feature goes to two
 * places, which halves the damage that a single collision does.
 */
export function addFeature(vector: Float64Array, hash: number, weight: number): void {
  addAt(vector, hash, weight);
  addAt(vector, mix(hash ^ 0x9e3779b9), weight);
}

function addAt(vector: Float64Array, hash: number, weight: number): void {
  vector[(hash >>> 1) % vector.length]! += (hash & 1) === 0 ? weight : -weight;
}

/** The finaliser of MurmurHash3: every bit of the result depends on every bit of the input. */
function mix(bits: number): number {
  let hash = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
