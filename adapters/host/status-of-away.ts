import { asSeq } from '../../src/core/ids.ts';
import { UNUSED_LOCK } from '../../src/core/locks/observed-mutex.ts';
import type { CollectionSpec, CollectionState, CollectionStatus } from '../../src/core/ports/index-host.ts';

/** The status of a collection whose process cannot be asked: the last one known, under its true state. */
export function statusOfAway(
  spec: CollectionSpec,
  last: CollectionStatus | null,
  state: CollectionState,
  reason: string,
): CollectionStatus {
  return { ...(last ?? neverSeen(spec)), state, reason, rebuild: { running: false, progress: 0 } };
}

const neverSeen = (spec: CollectionSpec): CollectionStatus => ({
  state: 'opening',
  reason: null,
  backend: null,
  dimension: spec.dimension,
  fingerprint: spec.fingerprint,
  vectors: 0,
  documents: 0,
  tombstones: 0,
  tombstoneRatio: 0,
  needsRebuild: false,
  segments: [],
  growing: { rows: 0, tombstones: 0, maxRows: spec.growingMaxVectors },
  snapshot: null,
  unsavedChanges: 0,
  lastSeq: asSeq(0),
  rebuild: { running: false, progress: 0 },
  recovery: null,
  textReady: false,
  memoryBytes: 0,
  locks: { write: UNUSED_LOCK, maintenance: UNUSED_LOCK },
  counters: { saves: 0, failedSaves: 0, rebuilds: 0, merges: 0, recoveries: 0, searches: 0 },
});
