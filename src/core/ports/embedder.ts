/** The port that turns text into vectors (`adapters/embedder/*`). */

export type EmbeddingRole = 'query' | 'passage';

/** Vectors of two fingerprints never mix. */
export interface Fingerprint {
  readonly name: string;
  readonly revision: string;
  readonly dimension: number;
  readonly normalised: boolean;
}

export const fingerprintText = (fingerprint: Fingerprint): string =>
  `${fingerprint.name}@${fingerprint.revision}/${fingerprint.dimension}${fingerprint.normalised ? '/unit' : ''}`;

/** The other way; null for a text that is none. */
export function parseFingerprint(text: string): Fingerprint | null {
  const [, name, revision, dimension, unit] = /^(.+)@([^@/]+)\/(\d{1,6})(\/unit)?$/.exec(text) ?? [];
  if (name === undefined || revision === undefined) return null;
  return { name, revision, dimension: Number(dimension), normalised: unit !== undefined };
}

/** How much each list counts in hybrid search; measured per embedder by `npm run bench:quality`. */
export interface FusionWeights {
  readonly vector: number;
  readonly text: number;
}

/** Maps a cosine to the similarity that the duplicate check reports: piecewise linear, both ascending. */
export interface DuplicateCalibration {
  /** The cosine that counts as 0.50: worth mentioning. */
  readonly similarCosine: number;
  /** The cosine that counts as 0.85: review first. */
  readonly duplicateCosine: number;
}

export interface EmbedRequest {
  readonly texts: readonly EmbedText[];
  readonly role: EmbeddingRole;
  readonly signal?: AbortSignal;
}

export interface EmbedText {
  /** Empty for queries. */
  readonly heading: string;
  readonly body: string;
}

export interface Embedder {
  readonly fingerprint: Fingerprint;
  readonly weights: FusionWeights;
  readonly calibration: DuplicateCalibration;
  /** What it is, in one line a person can read. */
  readonly description: string;
  /** No network, no wait: may be called on the path of a write without a deadline. */
  readonly local: boolean;
  /** Calls that it works on at the same time; further ones make none of them be done sooner. */
  readonly callsAtOnce: number;
  /** texts × dimension, row-major. The caller (`core/embedding.ts`) checks count, length, finiteness and unit length. */
  embed(request: EmbedRequest): Promise<Float32Array>;
  close(): Promise<void>;
}
