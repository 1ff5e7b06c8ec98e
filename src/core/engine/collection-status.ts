import type { CollectionSpec, CollectionStatus } from '../ports/index-host.ts';
import { asSeq } from '../ids.ts';
import { UNUSED_LOCK } from '../locks/observed-mutex.ts';
import type { OpenIndex } from './recovery.ts';

export interface CollectionLife {
  readonly state: CollectionStatus['state'];
  readonly reason: string | null;
  readonly locks: CollectionStatus['locks'];
  readonly counters: Pick<CollectionStatus['counters'], 'recoveries' | 'searches'>;
  readonly figures: NonNullable<CollectionStatus['figures']>;
}

/** What `GET /admin/index/status` tells, as of now. */
export function collectionStatus(
  spec: CollectionSpec,
  index: OpenIndex | null,
  life: CollectionLife,
): CollectionStatus {
  const { dimension, fingerprint } = spec;
  const { state, reason, locks, figures, counters } = life;
  if (index !== null)
    return { state, dimension, fingerprint, locks, figures, ...openStatus(spec, index, life) };
  const never = neverOpened(spec);
  return { ...never, state, reason, locks, figures, counters: { ...never.counters, ...counters } };
}

type Rest = Omit<CollectionStatus, 'state' | 'dimension' | 'fingerprint' | 'locks' | 'figures'>;

function openStatus(spec: CollectionSpec, index: OpenIndex, life: CollectionLife): Rest {
  const { state, persistence, maintenance } = index;
  const { sealed, frozen, growing } = state.view;
  const unsealed = [...frozen, growing];
  return {
    reason: life.reason ?? persistence.failure,
    backend: index.backend.name,
    scanKernel: index.scanning.status,
    vectors: state.view.rows - state.tombstones,
    documents: state.table.documentCount,
    tombstones: state.tombstones,
    tombstoneRatio: state.tombstoneRatio,
    needsRebuild: maintenance.needsRebuild,
    segments: sealed.map((segment) => ({
      id: segment.id,
      kind: segment.kind,
      rows: segment.rows,
      tombstones: state.tombstonesOf(segment),
      bytes: segment.file.bytes,
    })),
    growing: {
      rows: unsealed.reduce((sum, segment) => sum + segment.rows, 0),
      tombstones: unsealed.reduce((sum, segment) => sum + state.tombstonesOf(segment), 0),
      maxRows: spec.growingMaxVectors,
    },
    snapshot: persistence.status(),
    unsavedChanges: state.applied.seq - persistence.durableTo.seq,
    lastSeq: state.applied.seq,
    rebuild: maintenance.rebuildStatus,
    recovery: index.recovery,
    textReady: life.state === 'ready' && index.words.isDone,
    memoryBytes: state.memoryBytes + maintenance.loadingBytes,
    counters: { ...life.counters, ...persistence.counters, ...maintenance.counters },
  };
}

/** Of a collection that nobody has opened, or can see at the moment. */
export const neverOpened = (spec: CollectionSpec): CollectionStatus => ({
  state: 'opening',
  reason: null,
  backend: null,
  scanKernel: null,
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
