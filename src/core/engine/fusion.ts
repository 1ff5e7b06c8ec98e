import type { DocNo } from '../ids.ts';
import type { FusionWeights } from '../ports/embedder.ts';
import type { TextHits } from '../ports/text-index.ts';

/**
 * How deep each list goes before it is fused. Fixed, so that page 2 never reorders page 1. Twice as deep
 * changes no figure of `npm run bench:quality`, and costs a graph search 1.7 times the time.
 */
export const FUSION_DEPTH = 50;

/** The vector side: best first, every document once. */
export interface VectorHits {
  readonly docs: Uint32Array;
  /** Inner products of unit vectors: cosines, -1 to 1. */
  readonly cosines: Float32Array;
}

export interface FusionInput {
  /** At most FUSION_DEPTH each, or more: both lists are used as they are given. */
  readonly vector: VectorHits;
  readonly text: TextHits;
  readonly weights: FusionWeights;
  /**
   * The exact cosine of a document that only the text list has; NaN when it has no vector. Without it
   * such a document would be charged for the depth of the other list.
   */
  readonly cosineOf: (doc: DocNo) => number;
  /** Order among equal scores; negative when `a` comes first. The engine's: vector id, then key. */
  readonly compareTies: (a: DocNo, b: DocNo) => number;
}

/** Parallel arrays, best first. */
export interface RankedHits {
  readonly docs: Uint32Array;
  /** What they are ranked by, 0–1. */
  readonly scores: Float32Array;
  /** Cosine; NaN where the document has no vector or was not looked at by vector. */
  readonly vectorScores: Float32Array;
  /** 0–1; NaN where the document was not among the text hits. */
  readonly textScores: Float32Array;
}

/** Mode `hybrid`: the union of both lists. */
export function fuse(input: FusionInput): RankedHits {
  const { vector, text, weights, cosineOf } = input;
  const textScores = new Map<number, number>();
  const cosines = new Map<number, number>();
  vector.docs.forEach((doc, index) => cosines.set(doc, vector.cosines[index]!));
  text.docs.forEach((doc, index) => {
    textScores.set(doc, normalisedTextScore(text, index));
    if (!cosines.has(doc)) cosines.set(doc, cosineOf(doc as DocNo));
  });
  const weightSum = weights.vector + weights.text;
  const candidates = [...cosines].map(([doc, cosine]): Candidate => {
    const textScore = textScores.get(doc) ?? Number.NaN;
    const sum = weights.vector * clampToUnit(cosine) + weights.text * clampToUnit(textScore);
    return { doc: doc as DocNo, score: Math.fround(sum / weightSum), cosine, textScore };
  });
  return rank(candidates, input.compareTies);
}

/**
 * Mode `vector`: the score is the cosine, clamped to 0–1. The hits are in order already, by the exact
 * cosine also where the score, which has no sign, is 0.
 */
export function rankByVector({ docs, cosines }: VectorHits): RankedHits {
  return {
    docs,
    scores: cosines.map(clampToUnit),
    vectorScores: cosines,
    textScores: new Float32Array(docs.length).fill(Number.NaN),
  };
}

/** Mode `text`: the score is the share of the best score that the query could reach. */
export function rankByText(text: TextHits, compareTies: FusionInput['compareTies']): RankedHits {
  const candidates = Array.from(text.docs, (doc, index): Candidate => {
    const textScore = normalisedTextScore(text, index);
    return { doc: doc as DocNo, score: Math.fround(textScore), cosine: Number.NaN, textScore };
  });
  return rank(candidates, compareTies);
}

interface Candidate {
  readonly doc: DocNo;
  readonly score: number;
  readonly cosine: number;
  readonly textScore: number;
}

function normalisedTextScore(text: TextHits, index: number): number {
  return text.scoreMax > 0 ? clampToUnit(text.scores[index]! / text.scoreMax) : 0;
}

/** NaN (not known) counts as 0. */
function clampToUnit(value: number): number {
  return value > 0 ? Math.min(value, 1) : 0;
}

function rank(candidates: Candidate[], compareTies: FusionInput['compareTies']): RankedHits {
  candidates.sort((a, b) => b.score - a.score || compareTies(a.doc, b.doc));
  return {
    docs: Uint32Array.from(candidates, (candidate) => candidate.doc),
    scores: Float32Array.from(candidates, (candidate) => candidate.score),
    vectorScores: Float32Array.from(candidates, (candidate) => candidate.cosine),
    textScores: Float32Array.from(candidates, (candidate) => candidate.textScore),
  };
}
