import { asDocNo, type DocNo } from '../ids.ts';
import type { VectorHits } from './fusion.ts';
import {
  exactScores,
  QuerySearch,
  queriesOf,
  scoreLiveRows,
  scoreRows,
  type VectorQuery,
  type VectorScope,
} from './query-search.ts';
import type { Segment } from './segment.ts';
import type { Selection } from './selection.ts';

/**
 * A segment of which no more is alive is not searched: its live rows are scored. While it takes over
 * from others row by row, the nearest of all its rows would be dead ones for the most part.
 */
const FEW_LIVE_SHARE = 0.1;

/**
 * The nearest live documents of each query, best first; equal scores by vector id. Never short: as
 * long as `wanted` documents pass the filter and score `least`, so many are found. Every score is `dot` of the stored
 * vector, whatever the library said, so a query answers the same alone and in a batch.
 */
export function searchVectors(scope: VectorScope, queries: readonly VectorQuery[]): readonly VectorHits[] {
  const searches = queries.map((query) => new QuerySearch(scope, query));
  const selective = searches.filter((search) => search.isSelective);
  const others = searches.filter((search) => !search.isSelective);
  for (const [accept, group] of grouped(selective, acceptOf)) scoreAccepted(scope, group, accept!);
  // The largest first: what is best there leaves little to look at in the others.
  const segments = scope.view.segments.toSorted((a, b) => b.rows - a.rows);
  for (const segment of segments) searchSegment(scope, segment, others);
  return searches.map((search) => search.hits());
}

/** Searches that are made together mostly ask for the same few categories. */
const acceptOf = ({ query }: QuerySearch): Selection | null => query.accept;

function grouped<Item, Key>(
  items: Iterable<Item>,
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function scoreAccepted(scope: VectorScope, group: readonly QuerySearch[], accept: Selection): void {
  for (const [segmentId, rows] of accept.rows()) {
    const segment = scope.view.segment(segmentId);
    if (segment !== undefined) scoreRows(segment, group, rows.values(), scope.dimension);
  }
}

function searchSegment(scope: VectorScope, segment: Segment, searches: readonly QuerySearch[]): void {
  const owners = scope.table.ownersOf(segment.id);
  if (owners === undefined) return;
  if (owners.liveRows < segment.rows * FEW_LIVE_SHARE) {
    for (const group of grouped(searches, acceptOf).values())
      scoreLiveRows(segment, group, owners, scope.dimension);
    return;
  }
  for (const alike of grouped(searches, (search) => search.breadth(segment)).values()) {
    for (const group of grouped(alike, (search) => search.listLength(segment)).values())
      searchTogether(segment, group, scope.dimension);
  }
}

/** One call for the whole group, whose lists are to be of one length; a query that needs a longer list then asks on its own. */
function searchTogether(segment: Segment, group: readonly QuerySearch[], dimension: number): void {
  const found = segment.search({
    queries: queriesOf(group, dimension),
    count: group.length,
    k: group[0]!.listLength(segment),
    breadth: group[0]!.breadth(segment),
    floors: Float32Array.from(group, (search) => search.floor),
  });
  const k = found.rows.length / group.length;
  group.forEach((search, index) => {
    const rows = found.rows.subarray(index * k, (index + 1) * k);
    const scores = found.scores.subarray(index * k, (index + 1) * k);
    if (!search.take(segment, { ...found, rows, scores })) search.widen(segment, k);
  });
}

/** How many documents could be found, as far as `depth` goes: all that have a vector and pass. */
export function countFindable({ view, table }: VectorScope, { accept, depth }: VectorQuery): number {
  if (accept === null) return Math.min(depth, table.vectorCount);
  let count = 0;
  for (const slot of accept.docs) {
    if (count === depth) break;
    if (view.segment(table.segmentIdOf(asDocNo(slot))) !== undefined) count += 1;
  }
  return count;
}

/** The exact cosines of documents; NaN of one that has no vector. */
export function cosinesOf(scope: VectorScope, vector: Float32Array, docs: Uint32Array): Float32Array {
  const { view, table, dimension } = scope;
  const cosines = new Float32Array(docs.length).fill(Number.NaN);
  const docAt = (place: number): DocNo => asDocNo(docs[place]!);
  for (const [segmentId, places] of grouped(docs.keys(), (place) => table.segmentIdOf(docAt(place)))) {
    const segment = view.segment(segmentId);
    if (segment === undefined) continue;
    const rows = Uint32Array.from(places, (place) => table.rowOf(docAt(place)));
    const scores = exactScores(segment, vector, rows, dimension);
    places.forEach((place, at) => (cosines[place] = scores[at]!));
  }
  return cosines;
}
