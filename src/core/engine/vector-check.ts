/** Checked once, before a vector gets near native code, which may end the process over it. */
export function isUsableVector(vector: Float32Array, dimension: number): boolean {
  return vector.length === dimension && vector.every(Number.isFinite);
}
