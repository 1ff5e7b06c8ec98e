import { ChlError } from '../errors.ts';
import { asDocNo, type DocNo } from '../ids.ts';
import type { IndexHits, IndexSearch } from '../ports/index-host.ts';
import type { TextHits } from '../ports/text-index.ts';
import type { BackendName } from '../ports/vector-backend.ts';
import type { DocumentTable } from './document-table.ts';
import type { IndexRecorder } from './index-recorder.ts';
import { FUSION_DEPTH, fuse, rankByText, rankByVector, type RankedHits, type VectorHits } from './fusion.ts';
import type { IndexState } from './index-state.ts';
import { isUsableVector } from './vector-check.ts';
import type { VectorQuery, VectorScope } from './query-search.ts';
import { cosinesOf, countFindable, searchVectors } from './vector-search.ts';

export interface SearchContext {
  readonly state: IndexState;
  readonly backend: BackendName;
  readonly recorder: IndexRecorder;
}

/**
 * Answers a batch in one synchronous step, so the table cannot change beneath it; the pinned view
 * keeps the segments. The vector parts go to each segment in one call.
 */
export function answerAll(context: SearchContext, queries: readonly IndexSearch[]): readonly IndexHits[] {
  const { state, backend, recorder } = context;
  recorder.batch(queries.length);
  const view = state.view.pin();
  try {
    const scope: VectorScope = { view, table: state.table, dimension: state.dimension };
    const vectorQueries = queries.flatMap((query) =>
      query.mode === 'text' ? [] : [vectorPart(state, query)],
    );
    const found =
      vectorQueries.length === 0 ? [] : recorder.timeVectors(() => searchVectors(scope, vectorQueries));
    const [parts, vectorHits] = [vectorQueries.values(), found.values()];
    return queries.map((query) => {
      const [part, nearest] = query.mode === 'text' ? [] : [parts.next().value!, vectorHits.next().value!];
      const ranked =
        nearest === undefined ? rankText(context, query) : rankNearest(context, scope, query, nearest);
      const total = query.mode === 'vector' ? countFindable(scope, part!) : ranked.docs.length;
      return { ...present(ranked, query.limit, state, backend), total };
    });
  } finally {
    view.release();
  }
}

/** @throws INVALID_ARGUMENT: checked once, here, because native code may end the process over it */
export function checkSearch(query: IndexSearch, dimension: number): void {
  if (!Number.isSafeInteger(query.limit) || query.limit < 1) {
    throw new ChlError('INVALID_ARGUMENT', 'limit must be a positive integer.');
  }
  if (query.mode !== 'text') checkVector(query.vector, dimension);
  if (query.mode !== 'vector' && query.text === null) {
    throw new ChlError('INVALID_ARGUMENT', `A ${query.mode} search needs a text.`);
  }
}

function checkVector(vector: Float32Array | null, dimension: number): void {
  if (vector?.length !== dimension) {
    throw new ChlError('INVALID_ARGUMENT', `The query vector must have ${dimension} dimensions.`);
  }
  if (!isUsableVector(vector, dimension)) {
    throw new ChlError('INVALID_ARGUMENT', 'The query vector must be finite.');
  }
}

function vectorPart(state: IndexState, query: IndexSearch): VectorQuery {
  const depth = depthOf(query, state.table);
  return {
    vector: query.vector!,
    accept: state.table.select(query.filter),
    // Fusion weighs the whole list; without it the rest only counts.
    wanted: query.mode === 'vector' ? Math.min(query.limit, depth) : depth,
    depth,
    ...(query.mode === 'vector' && query.cosineMin !== undefined ? { least: query.cosineMin } : {}),
  };
}

function rankText(context: SearchContext, query: IndexSearch): RankedHits {
  return rankByText(textPart(context, query), tieBreaker(context.state.table));
}

function rankNearest(
  context: SearchContext,
  scope: VectorScope,
  query: IndexSearch,
  vector: VectorHits,
): RankedHits {
  if (query.mode === 'vector') return rankByVector(vector);
  return fuse({
    vector,
    text: textPart(context, query),
    weights: query.weights,
    wanted: query.limit,
    cosineMax: cosineMaxBeyond(scope, vector, depthOf(query, context.state.table)),
    cosinesOf: (docs) => cosinesOf(scope, query.vector!, docs),
    compareTies: tieBreaker(context.state.table),
  });
}

/** Scans leave nothing nearer out of a full list than what is last in it; a graph may. */
function cosineMaxBeyond({ view }: VectorScope, { cosines }: VectorHits, depth: number): number {
  const isExact = view.segments.every((segment) => segment.isExact);
  return isExact && cosines.length === depth ? cosines.at(-1)! : 1;
}

function textPart({ state, recorder }: SearchContext, query: IndexSearch): TextHits {
  const { table, text } = state;
  return recorder.timeText(() =>
    text.search(query.text!, depthOf(query, table), table.select(query.filter) ?? undefined),
  );
}

/**
 * The depth of both lists: fixed, so that page 2 never reorders page 1; doubled until the answer fits
 * for the rare reader that wants more at once.
 */
function depthOf(query: IndexSearch, table: DocumentTable): number {
  let depth = FUSION_DEPTH;
  while (depth < query.limit && depth < table.documentCount) depth *= 2;
  return depth;
}

/** By vector id, those without one last, then by key. */
function tieBreaker(table: DocumentTable): (a: DocNo, b: DocNo) => number {
  const order = (doc: DocNo): number => table.vectorIdOf(doc) || Number.MAX_SAFE_INTEGER;
  return (a, b) => order(a) - order(b) || table.keyOf(a) - table.keyOf(b);
}

function present(
  ranked: RankedHits,
  limit: number,
  state: IndexState,
  backend: BackendName,
): Omit<IndexHits, 'total'> {
  const count = Math.min(limit, ranked.docs.length);
  const keys = new Float64Array(count);
  const seqs = new Float64Array(count);
  for (let rank = 0; rank < count; rank += 1) {
    const doc = asDocNo(ranked.docs[rank]!);
    keys[rank] = state.table.keyOf(doc);
    seqs[rank] = state.table.seqOf(doc);
  }
  return {
    keys,
    seqs,
    scores: ranked.scores.slice(0, limit),
    vectorScores: ranked.vectorScores.slice(0, limit),
    textScores: ranked.textScores.slice(0, limit),
    seq: state.applied.seq,
    backend,
  };
}
