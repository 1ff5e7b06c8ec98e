import { asDocNo, asVectorId, type DocNo } from '../ids.ts';
import type { DocBitset } from './doc-bitset.ts';
import { dot } from './distance.ts';
import type { DocumentTable } from './document-table.ts';
import type { VectorHits } from './fusion.ts';
import { NOBODY } from './row-owners.ts';
import { RowScorer } from './row-scorer.ts';
import type { Segment } from './segment.ts';
import { TopK } from './top-k.ts';
import type { View } from './view.ts';

/**
 * A filter that leaves at most this many documents is answered by scoring each of them, roughly by
 * the kernel and the best again by `dot`: 0.13 µs a row of 384 dimensions where rows follow each
 * other, 0.35 where they lie apart (0.9 by `dot` alone; least of 25 rounds in one run on a busy
 * machine), 7 ms at most. Above it the nearest rows of each segment are filtered instead.
 */
const EXACT_DOCS_MAX = 20_000;

/**
 * How much longer than the answer a segment's list is. With a tenth of the rows dead, the most before
 * a rebuild by default, 115 ± 3 of 128 are alive, so a second look is rare; and 128 is the longest
 * list that the FAISS graph answers at efSearch 64 before it scans.
 */
const LIST_FACTOR = 1.28;

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
  readonly accept: DocBitset | null;
  /** How many hits to answer, when there are that many. */
  readonly depth: number;
}

export interface VectorScope {
  readonly view: View;
  readonly table: DocumentTable;
  readonly dimension: number;
}

/**
 * The nearest live documents of each query, best first; equal scores by vector id. Never short: as
 * long as `depth` documents pass the filter, `depth` are found. Every score is `dot` of the stored
 * vector, whatever the library said, so a query answers the same alone and in a batch.
 */
export function searchVectors(scope: VectorScope, queries: readonly VectorQuery[]): readonly VectorHits[] {
  const searches = queries.map((query) => new VectorSearch(scope, query));
  const byListLength = new Map<number, VectorSearch[]>();
  for (const search of searches) {
    if (search.isSelective) search.scoreAccepted();
    else byListLength.set(search.listLength, [...(byListLength.get(search.listLength) ?? []), search]);
  }
  for (const [listLength, group] of byListLength) {
    for (const segment of scope.view.segments) searchSegment(segment, group, listLength, scope.dimension);
  }
  return searches.map((search) => search.hits());
}

/** One call for the whole group; a query that needs a longer list then asks on its own. */
function searchSegment(
  segment: Segment,
  group: readonly VectorSearch[],
  listLength: number,
  dimension: number,
): void {
  if (segment.rows === 0) return;
  const k = Math.min(listLength, segment.rows);
  const queries = new Float32Array(group.length * dimension);
  group.forEach((search, index) => queries.set(search.query.vector, index * dimension));
  const found = segment.search(queries, group.length, k);
  group.forEach((search, index) => {
    const rows = found.rows.subarray(index * k, (index + 1) * k);
    const scores = found.scores.subarray(index * k, (index + 1) * k);
    if (!search.take(segment, rows, scores)) search.widen(segment, k);
  });
}

class VectorSearch {
  readonly query: VectorQuery;
  readonly #scope: VectorScope;
  #best: TopK;

  constructor(scope: VectorScope, query: VectorQuery) {
    this.#scope = scope;
    this.query = query;
    this.#best = new TopK(query.depth);
  }

  get isSelective(): boolean {
    return this.query.accept !== null && this.query.accept.size <= EXACT_DOCS_MAX;
  }

  /** How long a segment's list has to be to hold `depth` rows that pass, if those lie evenly. */
  get listLength(): number {
    const { accept, depth } = this.query;
    const passingShare = accept === null ? 1 : accept.size / this.#scope.view.rows;
    return Math.ceil((depth * LIST_FACTOR) / passingShare);
  }

  /** Scores every accepted document where it lies. */
  scoreAccepted(): void {
    this.#scoreRows(this.#acceptedRows());
  }

  /** All roughly, then by `dot` those that can be among the best. */
  #scoreRows(rowsBySegment: readonly (readonly [Segment, readonly number[]])[]): void {
    const rough = this.#best.copy();
    const scored = rowsBySegment.map(([segment, list]) => {
      const rows = Uint32Array.from(list);
      const scores = this.#roughScores(segment, rows);
      for (let at = 0; at < rows.length; at += 1) rough.offer(scores[at]!, at);
      return { segment, rows, scores };
    });
    // Twice: the one that is `depth`th by `dot` may be scored too low, and this one too high.
    const enough = rough.threshold - 2 * SCORE_TOLERANCE;
    for (const { segment, rows, scores } of scored) {
      for (let at = 0; at < rows.length; at += 1) {
        if (scores[at]! < enough) continue;
        const row = rows[at]!;
        this.#best.offer(this.#score(segment, row), segment.ids[row]!);
      }
    }
  }

  #acceptedRows(): readonly (readonly [Segment, readonly number[]])[] {
    const { view, table } = this.#scope;
    const rowsBySegment = new Map<Segment, number[]>();
    let segment: Segment | undefined;
    let rows: number[] = [];
    for (const slot of this.query.accept?.docs ?? []) {
      const doc = asDocNo(slot);
      const segmentId = table.segmentIdOf(doc);
      // Neighbouring slots mostly lie in the same segment.
      if (segment?.id !== segmentId) {
        segment = view.segment(segmentId);
        if (segment === undefined) continue;
        rows = rowsBySegment.get(segment) ?? [];
        rowsBySegment.set(segment, rows);
      }
      rows.push(table.rowOf(doc));
    }
    return [...rowsBySegment];
  }

  #roughScores(segment: Segment, rows: Uint32Array): Float32Array {
    const scores = new Float32Array(rows.length);
    RowScorer.for(this.#scope.dimension).score(this.query.vector, 0, segment.vectors, rows, scores);
    return scores;
  }

  /**
   * Takes the live and accepted among a segment's nearest rows.
   * @returns false, having taken nothing, when a row beyond the list could still belong to the answer:
   *   too many of its rows were dead or filtered out, or scores at its end are equal
   */
  take(segment: Segment, rows: Int32Array, scores: Float32Array): boolean {
    const owners = this.#scope.table.ownersOf(segment.id);
    if (owners === undefined) return true;
    const { accept } = this.query;
    const best = this.#best.copy();
    for (let place = 0; place < rows.length; place += 1) {
      const row = rows[place]!;
      // Beyond the threshold the rest lies no nearer: to score it exactly would be work for nothing.
      if (row < 0 || scores[place]! + SCORE_TOLERANCE < best.threshold) break;
      const doc = owners.ownerOf(row);
      if (doc === NOBODY || accept?.has(doc) === false) continue;
      best.offer(this.#score(segment, row), segment.ids[row]!);
    }
    if (rows.length < segment.rows) {
      const isCut = rows.at(-1)! < 0;
      const reach = best.threshold;
      if (isCut ? reach === -Infinity : scores.at(-1)! + SCORE_TOLERANCE >= reach) return false;
    }
    this.#best = best;
    return true;
  }

  /** Asks for longer lists, then scans: exact as the last resort. */
  widen(segment: Segment, fromK: number): void {
    const widest = segment.rows * WIDEST_LIST_SHARE;
    for (let k = fromK * WIDEN_FACTOR; k <= widest; k *= WIDEN_FACTOR) {
      const found = segment.search(this.query.vector, 1, k);
      if (this.take(segment, found.rows, found.scores)) return;
    }
    this.#scan(segment);
  }

  hits(): VectorHits {
    const { ids, scores } = this.#best.takeRanked();
    const docs = new Uint32Array(ids.length);
    for (let rank = 0; rank < ids.length; rank += 1) {
      docs[rank] = this.#scope.table.findVector(asVectorId(ids[rank]!))!;
    }
    return { docs, cosines: scores };
  }

  #scan(segment: Segment): void {
    const owners = this.#scope.table.ownersOf(segment.id);
    const { accept } = this.query;
    const passing: number[] = [];
    for (let row = 0; row < segment.rows; row += 1) {
      const doc = owners?.ownerOf(row) ?? NOBODY;
      if (doc !== NOBODY && accept?.has(doc) !== false) passing.push(row);
    }
    this.#scoreRows([[segment, passing]]);
  }

  #score(segment: Segment, row: number): number {
    const { dimension } = this.#scope;
    return dot(this.query.vector, 0, segment.vectors, row * dimension, dimension);
  }
}

/** The exact cosine of a document; NaN when it has no vector. */
export function cosineOf(scope: VectorScope, vector: Float32Array, doc: DocNo): number {
  const segment = scope.view.segment(scope.table.segmentIdOf(doc));
  if (segment === undefined) return Number.NaN;
  return dot(vector, 0, segment.vectors, scope.table.rowOf(doc) * scope.dimension, scope.dimension);
}
