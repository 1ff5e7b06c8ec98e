import { ChlError } from '../errors.ts';
import type { VectorId } from '../ids.ts';
import type { IndexSource } from '../ports/index-source.ts';
import type { BuildTask, SegmentSource } from '../ports/segment-builder.ts';
import type { BuildContext } from './build-segment.ts';
import { readSegment } from './open-snapshot.ts';
import type { SegmentData } from './segment-file.ts';

export interface Rows {
  /** Vector ids, strictly ascending. */
  readonly ids: Float64Array;
  /** ids.length × dimension, row-major. */
  readonly vectors: Float32Array;
}

/** Vectors read at once from the database: 1.5 MB at 384 dimensions, a few milliseconds. */
const PAGE_ROWS = 1_000;

/** The rows of a new segment, wherever the task says they come from. */
export function gatherRows(task: BuildTask, context: BuildContext): Promise<Rows> {
  const { input, parameters } = task;
  switch (input.from) {
    case 'rows':
      return Promise.resolve(ascending(input, parameters.dimension));
    case 'database':
      return fromDatabase(context.source, input.ids, parameters.dimension);
    case 'segments':
      return merge(context, input.segments, parameters.dimension);
    default:
      return input satisfies never;
  }
}

/** In short pages, so that no read transaction keeps the database's log from being checkpointed. */
async function fromDatabase(source: IndexSource, ids: readonly VectorId[], dimension: number): Promise<Rows> {
  const rows = allocate(ids.length, dimension);
  let count = 0;
  for (let start = 0; start < ids.length; start += PAGE_ROWS) {
    const page = await source.vectors(ids.slice(start, start + PAGE_ROWS));
    rows.ids.set(page.ids, count);
    rows.vectors.set(page.vectors, count * dimension);
    count += page.ids.length;
  }
  // Ids whose entries are gone meanwhile were left out.
  return ascending(
    { ids: rows.ids.subarray(0, count), vectors: rows.vectors.subarray(0, count * dimension) },
    dimension,
  );
}

async function merge(
  context: BuildContext,
  sources: readonly SegmentSource[],
  dimension: number,
): Promise<Rows> {
  const rows = allocate(
    sources.reduce((sum, source) => sum + source.keepRows.length, 0),
    dimension,
  );
  let count = 0;
  for (const source of sources) {
    const data = await readSegment(
      context.files,
      { file: source.fileName, bytes: source.bytes, sha256: source.sha256 },
      { fingerprint: context.fingerprint, dimension },
    );
    copyRows(data, source.keepRows, rows, count);
    count += source.keepRows.length;
  }
  return ascending(rows, dimension);
}

function copyRows(from: SegmentData, keep: Uint32Array, to: Rows, at: number): void {
  const { dimension } = from;
  keep.forEach((row, index) => {
    if (row >= from.ids.length) {
      throw new ChlError('INTERNAL', 'A merge names a row that its segment does not have.', {
        operation: 'segment.merge',
      });
    }
    to.ids[at + index] = from.ids[row]!;
    to.vectors.set(from.vectors.subarray(row * dimension, (row + 1) * dimension), (at + index) * dimension);
  });
}

/** The same rows by ascending id. Costs nothing where they are, as they are unless segments interleave. */
function ascending(rows: Rows, dimension: number): Rows {
  const { ids, vectors } = rows;
  if (ids.every((id, index) => index === 0 || ids[index - 1]! < id)) return { ids, vectors };
  const order = Uint32Array.from(ids, (_, index) => index).toSorted((one, other) => ids[one]! - ids[other]!);
  const sorted = allocate(ids.length, dimension);
  order.forEach((row, index) => {
    sorted.ids[index] = ids[row]!;
    sorted.vectors.set(vectors.subarray(row * dimension, (row + 1) * dimension), index * dimension);
  });
  return sorted;
}

const allocate = (rows: number, dimension: number): Rows => ({
  ids: new Float64Array(rows),
  vectors: new Float32Array(rows * dimension),
});
