import type { CollectionStatus, LockStatus, SavePolicy } from '../core/ports/index-host.ts';
import type { IndexStatusResponse } from './contract/admin.ts';
import { isoTime } from './entry-views.ts';

/** The part of the index's configuration that its status shows. */
export interface IndexSettings {
  readonly savePolicy: SavePolicy;
  readonly rebuildThreshold: number;
}

export function indexStatusView(
  status: CollectionStatus,
  { savePolicy, rebuildThreshold }: IndexSettings,
  { modelName, writerLock }: { readonly modelName: string; readonly writerLock: LockStatus },
): IndexStatusResponse {
  const available = status.state === 'ready';
  return {
    status: available ? 'available' : 'unavailable',
    ...(available ? {} : { reason: status.reason ?? `The index is ${status.state}.` }),
    index_size: status.vectors,
    tombstone_ratio: status.tombstoneRatio,
    needs_rebuild: status.needsRebuild,
    save_policy: savePolicy,
    rebuild_threshold: rebuildThreshold,
    model_name: modelName,
    dimension: status.dimension,
    state: status.state,
    backend: status.backend,
    scan_kernel: status.scanKernel === null ? null : { ...status.scanKernel },
    documents: status.documents,
    tombstones: status.tombstones,
    segments: status.segments.map((segment) => ({ ...segment })),
    growing: {
      rows: status.growing.rows,
      tombstones: status.growing.tombstones,
      max_rows: status.growing.maxRows,
    },
    snapshot: snapshotView(status),
    unsaved_changes: status.unsavedChanges,
    last_seq: status.lastSeq,
    rebuild: { ...status.rebuild },
    recovery: recoveryView(status),
    text_ready: status.textReady,
    memory_bytes: status.memoryBytes,
    locks: {
      writer: lockView(writerLock),
      index_write: lockView(status.locks.write),
      index_maintenance: lockView(status.locks.maintenance),
    },
    counters: {
      saves: status.counters.saves,
      failed_saves: status.counters.failedSaves,
      rebuilds: status.counters.rebuilds,
      merges: status.counters.merges,
      recoveries: status.counters.recoveries,
      searches: status.counters.searches,
    },
  };
}

function snapshotView({ snapshot }: CollectionStatus): IndexStatusResponse['snapshot'] {
  if (snapshot === null) return null;
  const { generation, seq, savedAtMs, bytes } = snapshot;
  return { generation, seq, saved_at: isoTime(savedAtMs), bytes };
}

function recoveryView({ recovery }: CollectionStatus): IndexStatusResponse['recovery'] {
  if (recovery === null) return null;
  const { source, replayed, reasons, durationMs } = recovery;
  return { source, replayed, reasons: [...reasons], duration_ms: durationMs };
}

function lockView({ waits, longestWaitMs, longestWaitHolder, waitMs }: LockStatus) {
  return {
    waits,
    longest_wait_ms: longestWaitMs,
    longest_wait_holder: longestWaitHolder,
    wait_ms: { bounds: [...waitMs.bounds], counts: [...waitMs.counts], sum: waitMs.sum },
  };
}
