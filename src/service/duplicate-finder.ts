import type { EntityType } from '../core/entry.ts';
import { asEntryKey, asSeq } from '../core/ids.ts';
import type { DuplicateCalibration } from '../core/ports/embedder.ts';
import type { IndexSearch } from '../core/ports/index-host.ts';
import type { DuplicateCandidate } from './contract/write.ts';
import type { EmbeddingGateway } from './embedding-gateway.ts';
import type { EntrySource } from './entry-cache.ts';
import { bodyOf, titleOf } from './entry-views.ts';
import { beginningOf } from './excerpt.ts';
import { takeLive } from './live-entries.ts';
import type { ServedCollection } from './served-collection.ts';

/** From here on, one should read the other entry before writing. */
export const REVIEW_FIRST_SIMILARITY = 0.85;
/** From here on, it is worth knowing. */
export const SIMILAR_SIMILARITY = 0.5;

const SUMMARY_CHARS = 200;
/** Candidates that die between index and catalog are replaced from this many more. */
const SPARE_CANDIDATES = 5;
/** More than a cosine loses on its way through `leastCosine` and as float32; the threshold itself is applied here. */
const COSINE_ROUNDING = 1e-6;

export interface DuplicateQuery {
  readonly type: EntityType;
  readonly category: string | null;
  readonly vector: Float32Array;
  /** Of the embedder that made the vector. */
  readonly fingerprint: string;
  readonly limit: number;
  /** Least similarity, 0–1. */
  readonly threshold: number;
}

export interface DuplicateFinderParts {
  readonly collection: Pick<ServedCollection, 'search'>;
  readonly entries: Pick<EntrySource, 'entriesOf'>;
  readonly gateway: EmbeddingGateway;
}

export class DuplicateFinder {
  readonly #parts: DuplicateFinderParts;

  constructor(parts: DuplicateFinderParts) {
    this.#parts = parts;
  }

  /**
   * Entries of the same kind that say nearly the same, most similar first.
   * @throws UNAVAILABLE while there is no index, EMBEDDER_MISMATCH while the embedder is being changed
   */
  async find({
    type,
    category,
    vector,
    fingerprint,
    limit,
    threshold,
  }: DuplicateQuery): Promise<readonly DuplicateCandidate[]> {
    const { collection, entries, gateway } = this.#parts;
    const { weights, calibration } = gateway.embedder;
    const filter = { types: [type], ...(category === null ? {} : { category }) };
    const search: IndexSearch = {
      mode: 'vector',
      vector,
      text: null,
      filter,
      limit: limit + SPARE_CANDIDATES,
      weights,
      minSeq: asSeq(0),
      ...(threshold > 0 ? { cosineMin: leastCosine(threshold, calibration) - COSINE_ROUNDING } : {}),
    };
    const hits = await collection.search(search, fingerprint);
    const similar = Array.from(hits.keys, (key, place) => ({
      key: asEntryKey(key),
      seq: asSeq(hits.seqs[place]!),
      score: similarity(hits.vectorScores[place]!, calibration),
      vector: hits.vectorScores[place]!,
      text: null,
    })).filter(({ score }) => score >= threshold);
    const live = await takeLive(entries, similar, filter, limit);
    return live.map(({ entry, candidate }) => ({
      entity_id: entry.id,
      entity_type: entry.type,
      score: candidate.score,
      reason: 'semantic_match',
      provider: hits.backend,
      title: titleOf(entry),
      summary: beginningOf(bodyOf(entry), SUMMARY_CHARS).text,
    }));
  }
}

type Knot = readonly [cosine: number, similarity: number];

const knotsOf = ({ similarCosine, duplicateCosine }: DuplicateCalibration): readonly Knot[] => [
  [0, 0],
  [similarCosine, SIMILAR_SIMILARITY],
  [duplicateCosine, REVIEW_FIRST_SIMILARITY],
  [1, 1],
];

/** Piecewise linear through (0, 0), (similarCosine, 0.50), (duplicateCosine, 0.85), (1, 1). */
export function similarity(cosine: number, calibration: DuplicateCalibration): number {
  const knots = knotsOf(calibration);
  if (!(cosine > 0)) return 0;
  for (let index = 1; index < knots.length; index += 1) {
    const [x0, y0] = knots[index - 1]!;
    const [x1, y1] = knots[index]!;
    if (cosine < x1) return y0 + ((y1 - y0) * (cosine - x0)) / (x1 - x0);
  }
  return 1;
}

/** The least cosine that is so similar, but for rounding. @param least 0–1 */
export function leastCosine(least: number, calibration: DuplicateCalibration): number {
  const knots = knotsOf(calibration);
  for (let index = 1; index < knots.length; index += 1) {
    const [x0, y0] = knots[index - 1]!;
    const [x1, y1] = knots[index]!;
    if (least <= y1) return x0 + ((x1 - x0) * (least - y0)) / (y1 - y0);
  }
  return 1;
}
