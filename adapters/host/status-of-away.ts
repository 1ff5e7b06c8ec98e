import { neverOpened } from '../../src/core/engine/collection-status.ts';
import type { CollectionSpec, CollectionState, CollectionStatus } from '../../src/core/ports/index-host.ts';

/** The status of a collection whose process cannot be asked: the last one known, under its true state. */
export function statusOfAway(
  spec: CollectionSpec,
  last: CollectionStatus | null,
  state: CollectionState,
  reason: string,
): CollectionStatus {
  return { ...(last ?? neverOpened(spec)), state, reason, rebuild: { running: false, progress: 0 } };
}
