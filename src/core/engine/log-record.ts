import type { Seq } from '../ids.ts';
import type { ChangeMark } from '../ports/index-source.ts';
import type { LogRecord } from '../snapshot/growing-log-record.ts';
import type { VectorEffects } from './index-state.ts';

export interface AppliedGroup {
  readonly after: Seq;
  readonly last: ChangeMark;
  readonly effects: readonly VectorEffects[];
}

/** What a group of changes did to the vectors, as the growing log keeps it. */
export function logRecord({ after, last, effects }: AppliedGroup, dimension: number): LogRecord {
  const added = effects.flatMap((effect) => effect.added ?? []).toSorted((one, other) => one.id - other.id);
  const removed = effects.flatMap((effect) => effect.removed ?? []);
  const vectors = new Float32Array(added.length * dimension);
  added.forEach(({ vector }, row) => vectors.set(vector, row * dimension));
  return {
    after,
    last,
    added: Float64Array.from(added, ({ id }) => id),
    vectors,
    removed: Float64Array.from(removed),
  };
}
