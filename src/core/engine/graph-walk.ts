import type { FoundRows } from '../ports/scan-kernel.ts';
import type { HnswLinks, NearestRows } from '../ports/vector-backend.ts';
import { scanNearest, scoreCandidates, type ScannedRows, type ScanRequest } from './exact-scan.ts';
import type { QuantisedRows } from './quantised-rows.ts';
import { candidatesOf } from './scan-candidates.ts';

/**
 * A walk looks at about `m` new rows for each of its breadth, at random places, where a scan reads them in order:
 * from this share of the rows on the scan costs less, and is exact.
 */
const WALKED_SHARE_MAX = 1 / 3;

export interface WalkedRows extends ScannedRows {
  readonly quantised: QuantisedRows;
  readonly graph: HnswLinks;
  /** Links of a row (HNSW's m) and the least breadth of a search. */
  readonly hnsw: { readonly m: number; readonly efSearch: number };
}

export interface WalkRequest extends ScanRequest {
  /** The walk looks for so many at least; not less than k. */
  readonly breadth: number;
}

/**
 * The nearest rows of each query by an HNSW graph over quantised rows, those that can be among the k best of
 * what was found scored by floats. Long lists are scanned.
 */
export function walkNearest(rows: WalkedRows, request: WalkRequest): NearestRows {
  const { quantised, graph, hnsw } = rows;
  const { queries, count, k, floors } = request;
  const breadth = Math.max(hnsw.efSearch, request.breadth);
  if (breadth * hnsw.m > rows.rowCount * WALKED_SHARE_MAX) return scanNearest(rows, request);
  const found = {
    rows: new Int32Array(count * k).fill(-1),
    scores: new Float32Array(count * k),
    areExact: quantised.kernels.dots !== null,
  };
  for (let first = 0; first < count; first += quantised.kernels.queriesAtOnce) {
    const prepared = quantised.prepare(
      queries,
      first,
      Math.min(quantised.kernels.queriesAtOnce, count - first),
    );
    const walked = roomFor(breadth, prepared.length);
    quantised.walk(graph, walked);
    prepared.forEach((one, at) => {
      const query = first + at;
      const [from, to] = [at * breadth, at * breadth + walked.counts[at]!];
      const candidates = candidatesOf(0);
      candidates.start(quantised, one, k, floors?.[query]);
      candidates.takeRanked(walked.rows.subarray(from, to), walked.scores.subarray(from, to));
      const best = scoreCandidates(rows, request, query, candidates.rows()).takeRanked();
      found.rows.set(best.ids, query * k);
      found.scores.set(best.scores, query * k);
    });
  }
  return found;
}

const room = { rows: new Uint32Array(0), scores: new Float32Array(0), counts: new Uint32Array(0) };

/** Of the last call where it is enough: searches ask for the same breadth again and again. */
function roomFor(breadth: number, count: number): FoundRows {
  if (room.rows.length < count * breadth) {
    room.rows = new Uint32Array(count * breadth);
    room.scores = new Float32Array(count * breadth);
  }
  if (room.counts.length !== count) room.counts = new Uint32Array(count);
  return { breadth, ...room };
}
