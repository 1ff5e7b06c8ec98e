/** Seeded test data: the same seed gives the same vectors on every runtime. */

export type Random = () => number;

/** mulberry32 (Tommy Ettinger, public domain): uniform in [0, 1). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface ClusterShape {
  readonly rows: number;
  readonly dimension: number;
  readonly clusters: number;
  /** Length of the noise added to a unit-length centre: 0 gives copies of the centres. */
  readonly spread: number;
}

/**
 * Unit vectors around random centres, as texts about a number of topics are. Uniform random vectors
 * would have no neighbours worth finding.
 * @returns rows × dimension, row-major
 */
export function clusteredVectors(
  random: Random,
  { rows, dimension, clusters, spread }: ClusterShape,
): Float32Array {
  const centres = Array.from({ length: clusters }, () => randomUnitVector(random, dimension));
  const vectors = new Float32Array(rows * dimension);
  for (let row = 0; row < rows; row += 1) {
    const centre = centres[Math.floor(random() * clusters)]!;
    const noise = randomUnitVector(random, dimension);
    const vector = centre.map((value, i) => value + spread * noise[i]!);
    vectors.set(normalised(vector), row * dimension);
  }
  return vectors;
}

export function randomUnitVector(random: Random, dimension: number): Float32Array {
  // Box-Muller: a normal distribution in every coordinate has no preferred direction.
  const coordinate = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return normalised(Float32Array.from({ length: dimension }, coordinate));
}

function normalised(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
