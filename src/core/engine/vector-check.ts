/** Checked once, before a vector gets near native code, which may end the process over it. */
export function isUsableVector(vector: Float32Array, dimension: number): boolean {
  return vector.length === dimension && isFinite(vector);
}

/** A loop of its own: `every` calls back for each component, 2 % of the index process under searches. */
function isFinite(vector: Float32Array): boolean {
  for (let i = 0; i < vector.length; i += 1) if (!Number.isFinite(vector[i])) return false;
  return true;
}
