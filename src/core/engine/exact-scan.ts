import type { NearestRows } from '../ports/vector-backend.ts';
import { FOUND_STRIDE, ROWS_PER_CALL, type ScoreRows } from '../ports/scan-kernel.ts';
import type { QuantisedRows } from './quantised-rows.ts';
import { RowScorer } from './row-scorer.ts';
import { candidatesOf, type Run, type ScanCandidates } from './scan-candidates.ts';
import { TopK } from './top-k.ts';

/** Each run is twice as long as the one before. */
const FIRST_RUN = 128;

export interface ScannedRows {
  /** At least rowCount × dimension, row-major. */
  readonly vectors: Float32Array;
  readonly dimension: number;
  readonly rowCount: number;
  /** The same rows; null where the kernel cannot run. */
  readonly quantised: QuantisedRows | null;
}

export interface ScanRequest {
  /** count × dimension, row-major. */
  readonly queries: Float32Array;
  readonly count: number;
  /** 1 <= k <= rowCount */
  readonly k: number;
  /** By query: rows that score less are of no use. */
  readonly floors?: Float32Array | undefined;
}

/**
 * The k nearest rows of each query by a scan of all of them: exact, with scores within the port's
 * tolerance. Over quantised rows it keeps those that can be among the best, and scores them by floats.
 */
export function scanNearest(rows: ScannedRows, request: ScanRequest): NearestRows {
  const { count, k } = request;
  const found = {
    rows: new Int32Array(count * k).fill(-1),
    scores: new Float32Array(count * k),
    areExact: hasExactScores(rows.quantised),
  };
  for (let query = 0; query < count;) {
    for (const best of scanGroup(rows, request, query)) {
      const { ids, scores } = best.takeRanked();
      found.rows.set(ids, query * k);
      found.scores.set(scores, query * k);
      query += 1;
    }
  }
  return found;
}

/** One query, or as many as the kernel takes at once. */
function scanGroup(rows: ScannedRows, request: ScanRequest, first: number): readonly TopK[] {
  const { quantised, rowCount } = rows;
  if (quantised === null) return [scanFloats(rows, request, first)];
  const { queries, count, k, floors } = request;
  const wanted = Array.from({ length: togetherOf(quantised, count - first) }, (_, at) => ({
    k,
    floor: floors?.[first + at] ?? -Infinity,
  }));
  const left = candidatesIn(quantised, queries, first, wanted, { from: 0, length: rowCount, list: null });
  return left.map((chosen, at) => scoreCandidates(rows, request, first + at, chosen));
}

/** How many of so many queries are best answered in one pass. */
export function togetherOf({ kernels }: QuantisedRows, count: number): number {
  return count >= kernels.togetherFrom ? Math.min(kernels.queriesAtOnce, count) : 1;
}

/** What a query wants of chosen rows: so many of the best, and none that scores less. */
export interface Wanted {
  readonly k: number;
  readonly floor: number;
}

/**
 * Of chosen rows those that can be among the best of each query.
 * @param queries one for each of `wanted`, row-major; as many as the kernel takes at once
 * @returns by query; good until the next scan
 */
export function candidatesAmong(
  quantised: QuantisedRows,
  queries: Float32Array,
  wanted: readonly Wanted[],
  list: Uint32Array,
): readonly Uint32Array[] {
  return candidatesIn(quantised, queries, 0, wanted, { from: 0, length: list.length, list });
}

/** In runs, since what is set aside in one says what has to be looked at in the next. */
function candidatesIn(
  quantised: QuantisedRows,
  queries: Float32Array,
  first: number,
  wanted: readonly Wanted[],
  all: Run,
): readonly Uint32Array[] {
  const candidates = quantised.prepare(queries, first, wanted.length).map((query, at) => {
    const one = candidatesOf(at);
    one.start(quantised, query, wanted[at]!.k, wanted[at]!.floor);
    return one;
  });
  for (let from = 0, length = FIRST_RUN; from < all.length; from += length) {
    length = Math.min(from === 0 ? FIRST_RUN : 2 * length, ROWS_PER_CALL, all.length - from);
    takeRun(quantised, candidates, { from, length, list: all.list });
  }
  return candidates.map((one) => one.rows());
}

/** The k best of chosen rows, by their floats. */
export function scoreCandidates(
  { vectors, dimension, quantised }: ScannedRows,
  { queries, k }: ScanRequest,
  query: number,
  chosen: Uint32Array,
): TopK {
  const scores = new Float32Array(chosen.length);
  const score = quantised?.kernels.dots ?? scorerFor(dimension);
  score(queries, query * dimension, vectors, dimension, chosen, scores);
  const best = new TopK(k);
  for (let place = 0; place < chosen.length; place += 1) best.offer(scores[place]!, chosen[place]!);
  return best;
}

const scorerFor =
  (dimension: number): ScoreRows =>
  (queries, queryOffset, vectors, _, rows, scores) =>
    RowScorer.for(dimension).score(queries, queryOffset, vectors, rows, scores);

function takeRun(quantised: QuantisedRows, candidates: readonly ScanCandidates[], run: Run): void {
  const { from, length, list } = run;
  const scores =
    list === null
      ? quantised.scan(candidates.length, from, length)
      : quantised.pick(candidates.length, list.subarray(from, from + length));
  const least = candidates.map((one) => one.least);
  const found = quantised.select(least, length);
  candidates.forEach((one, at) => {
    if (found === null) one.takeRun(run, scores, at * ROWS_PER_CALL);
    else one.takeFound(run, scores, at * ROWS_PER_CALL, found, at * FOUND_STRIDE);
  });
}

/** Whether what a scan answers are `dot`'s own scores, which nobody has to make again. */
const hasExactScores = (quantised: QuantisedRows | null): boolean =>
  quantised !== null && quantised.kernels.dots !== null;

function scanFloats(
  { vectors, dimension, rowCount }: ScannedRows,
  request: ScanRequest,
  query: number,
): TopK {
  const best = new TopK(request.k);
  const scorer = RowScorer.for(dimension);
  const scores = new Float32Array(Math.min(ROWS_PER_CALL, rowCount));
  for (let from = 0; from < rowCount; from += ROWS_PER_CALL) {
    const to = Math.min(from + ROWS_PER_CALL, rowCount);
    scorer.scoreRange(request.queries, query * dimension, vectors, from, to, scores);
    for (let row = from; row < to; row += 1) {
      const score = scores[row - from]!;
      if (score >= best.threshold) best.offer(score, row);
    }
  }
  return best;
}
