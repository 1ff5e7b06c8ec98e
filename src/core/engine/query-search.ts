import { asVectorId, type DocNo } from '../ids.ts';
import type { NearestRows } from '../ports/vector-backend.ts';
import { dot } from './distance.ts';
import type { DocumentTable } from './document-table.ts';
import { candidatesAmong, togetherOf, type Wanted } from './exact-scan.ts';
import type { VectorHits } from './fusion.ts';
import { NOBODY, type RowOwners } from './row-owners.ts';
import { RowScorer } from './row-scorer.ts';
import type { Segment } from './segment.ts';
import type { Selection } from './selection.ts';
import { TopK } from './top-k.ts';
import type { View } from './view.ts';

/**
 * A filter that leaves at most this many documents is answered by scoring each of them, roughly by
 * a kernel and the best again by `dot`: 0.03 µs a row of 384 dimensions where rows are quantised, in
 * graphs 0.13 where they follow each other and 0.35 where they lie apart (0.9 by `dot` alone; busy
 * machine), 7 ms at most. Above it the nearest rows of each segment are filtered instead.
 */
const EXACT_DOCS_MAX = 20_000;

/**
 * From this share of the rows on, where all segments are scanned, scanning them whole costs less than
 * picking the rows that pass: 15 to 20 ns a row, four queries at once, against 55 for each that passes.
 */
const SCAN_FROM_SHARE = 0.3;

/**
 * How much longer than the answer a segment's list is. With a tenth of the rows dead, the most before
 * a rebuild by default, 58 ± 2 of 64 are alive, so for 50 a second look is rare; for a page of ten, whose list is 13
 * long, one search in seven takes it then, and one in 160 with 3 % dead.
 */
const LIST_FACTOR = 1.28;
/** What the factor is made for; where more rows are dead, the list is longer by that. */
const USUAL_LIVE_SHARE = 0.9;

/**
 * How far a library's score may lie from ours: BLAS and scalar kernels sum in other orders. Between
 * unit vectors of 384 dimensions the largest difference seen was 5e-7; of 4,096 it stays below this.
 */
const SCORE_TOLERANCE = 1e-5;

const WIDEN_FACTOR = 4;
/** A list longer than this share of a segment costs more than scanning the segment. */
const WIDEST_LIST_SHARE = 0.25;

export interface VectorQuery {
  /** Unit length. */
  readonly vector: Float32Array;
  /** Null: every live document. */
  readonly accept: Selection | null;
  /** How many hits to answer, when there are that many. */
  readonly wanted: number;
  /** How many graphs are asked for, so that the answer begins alike whatever is wanted; not less than that. */
  readonly depth: number;
  /** Documents that score less are left out, however few are left. */
  readonly least?: number;
}

export interface VectorScope {
  readonly view: View;
  readonly table: DocumentTable;
  readonly dimension: number;
}

/** The search for one query: what it has found so far, and what it still looks for in a segment. */
export class QuerySearch implements Wanted {
  readonly query: VectorQuery;
  readonly #scope: VectorScope;
  readonly #least: number;
  #best: TopK;

  constructor(scope: VectorScope, query: VectorQuery) {
    this.#scope = scope;
    this.query = query;
    this.#least = query.least ?? -Infinity;
    this.#best = new TopK(query.wanted);
  }

  get isSelective(): boolean {
    const { accept } = this.query;
    if (accept === null || accept.size > EXACT_DOCS_MAX) return false;
    const { segments, rows } = this.#scope.view;
    return accept.size < rows * SCAN_FROM_SHARE || !segments.every(({ isExact }) => isExact);
  }

  get k(): number {
    return this.#best.capacity;
  }

  /** A row that a library or a kernel scores lower cannot enter any more. */
  get floor(): number {
    return this.#reach(this.#best) - SCORE_TOLERANCE;
  }

  /** What a row has to score to be of use beside those. */
  #reach(best: TopK): number {
    return Math.max(best.threshold, this.#least);
  }

  /** How long a segment's list has to be to hold what is wanted of rows that pass, if those lie evenly. */
  listLength(segment: Segment): number {
    return this.#lengthFor(this.query.wanted, segment);
  }

  /** For how long a list a graph looks, whatever is wanted of it. */
  breadth(segment: Segment): number {
    return this.#lengthFor(this.query.depth, segment);
  }

  #lengthFor(count: number, segment: Segment): number {
    const { accept } = this.query;
    const liveShare = this.#scope.table.liveRowsOf(segment.id) / segment.rows;
    const passingShare =
      accept === null ? Math.min(1, liveShare / USUAL_LIVE_SHARE) : accept.size / this.#scope.view.rows;
    return Math.min(Math.ceil((count * LIST_FACTOR) / passingShare), segment.rows);
  }

  /** Each by `dot`. */
  scoreRows(segment: Segment, rows: Uint32Array): void {
    const scores = exactScores(segment, this.query.vector, rows, this.#scope.dimension);
    for (let at = 0; at < rows.length; at += 1) this.#offer(this.#best, segment, rows[at]!, scores[at]!);
  }

  roughlyBest(segment: Segment, rows: Uint32Array): Uint32Array {
    const scores = new Float32Array(rows.length);
    RowScorer.for(this.#scope.dimension).score(this.query.vector, 0, segment.vectors, rows, scores);
    const rough = this.#best.copy();
    for (let at = 0; at < rows.length; at += 1) rough.offer(scores[at]!, at);
    // Twice: the last of the best by `dot` may be scored too low, and this one too high.
    const enough = this.#reach(rough) - 2 * SCORE_TOLERANCE;
    return rows.filter((_, at) => scores[at]! >= enough);
  }

  /**
   * Takes the live and accepted among a segment's nearest rows.
   * @returns false, having taken nothing, when a row beyond the list could still belong to the answer:
   *   too many of its rows were dead or filtered out, or scores at its end are equal
   */
  take(segment: Segment, { rows, scores, areExact = false }: NearestRows): boolean {
    const owners = this.#scope.table.ownersOf(segment.id);
    if (owners === undefined) return true;
    const { accept } = this.query;
    const best = this.#best.copy();
    for (let place = 0; place < rows.length; place += 1) {
      const row = rows[place]!;
      // Beyond the threshold the rest lies no nearer: to score it exactly would be work for nothing.
      if (row < 0 || scores[place]! + SCORE_TOLERANCE < this.#reach(best)) break;
      const doc = owners.ownerOf(row);
      if (doc === NOBODY || accept?.has(doc) === false) continue;
      this.#offer(best, segment, row, areExact ? scores[place]! : this.#score(segment, row));
    }
    const reach = this.#reach(best);
    // A graph may have rows that no path leads to, so its list can end early however long it was to be.
    if (rows.at(-1)! < 0) {
      if (reach === -Infinity) return false;
    } else if (rows.length < segment.rows && scores.at(-1)! + SCORE_TOLERANCE >= reach) return false;
    this.#best = best;
    return true;
  }

  /** Asks for longer lists, then scans: exact as the last resort. */
  widen(segment: Segment, fromK: number): void {
    const widest = segment.rows * WIDEST_LIST_SHARE;
    for (let k = fromK * WIDEN_FACTOR; k <= widest; k *= WIDEN_FACTOR) {
      const request = { queries: this.query.vector, count: 1, k, breadth: k };
      if (this.take(segment, segment.search(request))) return;
    }
    scoreLiveRows(segment, [this], this.#scope.table.ownersOf(segment.id)!, this.#scope.dimension);
  }

  hits(): VectorHits {
    const { ids, scores } = this.#best.takeRanked();
    const docs = new Uint32Array(ids.length);
    for (let rank = 0; rank < ids.length; rank += 1) {
      docs[rank] = this.#scope.table.findVector(asVectorId(ids[rank]!))!;
    }
    return { docs, cosines: scores };
  }

  #score(segment: Segment, row: number): number {
    const { dimension } = this.#scope;
    return dot(this.query.vector, 0, segment.vectors, row * dimension, dimension);
  }

  #offer(best: TopK, segment: Segment, row: number, score: number): void {
    if (score >= this.#least) best.offer(score, segment.ids[row]!);
  }
}

/** `dot` of each. */
export function exactScores(
  segment: Segment,
  vector: Float32Array,
  rows: Uint32Array,
  dimension: number,
): Float32Array {
  const scores = new Float32Array(rows.length);
  const dots = segment.quantised?.kernels.dots ?? null;
  if (dots !== null) dots(vector, 0, segment.vectors, dimension, rows, scores);
  else rows.forEach((row, at) => (scores[at] = dot(vector, 0, segment.vectors, row * dimension, dimension)));
  return scores;
}

/** What passes of a segment's live rows. @param searches of one filter */
export function scoreLiveRows(
  segment: Segment,
  searches: readonly QuerySearch[],
  owners: RowOwners,
  dimension: number,
): void {
  const accept = searches[0]?.query.accept ?? null;
  const rows = owners.rows();
  const passing = accept === null ? rows : rows.filter((row) => accept.has(owners.ownerOf(row) as DocNo));
  scoreRows(segment, searches, passing, dimension);
}

/** All roughly, then by `dot` those that can be among the best. */
export function scoreRows(
  segment: Segment,
  searches: readonly QuerySearch[],
  rows: Uint32Array,
  dimension: number,
): void {
  const { quantised } = segment;
  if (quantised === null) {
    for (const search of searches) search.scoreRows(segment, search.roughlyBest(segment, rows));
    return;
  }
  for (let at = 0, together = 0; at < searches.length; at += together) {
    together = togetherOf(quantised, searches.length - at);
    const group = searches.slice(at, at + together);
    const left = candidatesAmong(quantised, queriesOf(group, dimension), group, rows);
    group.forEach((search, place) => search.scoreRows(segment, left[place]!));
  }
}

export function queriesOf(group: readonly QuerySearch[], dimension: number): Float32Array {
  const queries = new Float32Array(group.length * dimension);
  group.forEach((search, index) => queries.set(search.query.vector, index * dimension));
  return queries;
}
