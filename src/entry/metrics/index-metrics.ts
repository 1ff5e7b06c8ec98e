import type { CollectionStatus } from '../../core/ports/index-host.ts';
import type { RecordedMetrics } from './recorded-metrics.ts';

/** Writes the index's size, files and jobs. @returns the writer, to be called before each scrape */
export function indexMetrics(metrics: RecordedMetrics): (status: CollectionStatus, nowMs: number) => void {
  const size = sizeMetrics(metrics);
  const files = fileMetrics(metrics);
  const jobs = jobMetrics(metrics);
  return (status, nowMs) => {
    size(status);
    files(status, nowMs);
    jobs(status);
  };
}

function sizeMetrics(metrics: RecordedMetrics): (status: CollectionStatus) => void {
  const info = metrics.gauge({
    name: 'chl_index_info',
    help: 'Always 1; its labels say what answers searches',
    labelNames: ['backend', 'state'],
  });
  const vectors = metrics.gauge({ name: 'chl_index_vectors', help: 'Live vectors' });
  const documents = metrics.gauge({
    name: 'chl_index_documents',
    help: 'Live documents, with a vector or without',
  });
  const tombstones = metrics.gauge({
    name: 'chl_index_tombstones',
    help: 'Dead vectors that a rebuild will drop',
  });
  const ratio = metrics.gauge({
    name: 'chl_index_tombstone_ratio',
    help: 'Dead vectors over all, 0 to 1; a rebuild starts above CHL_FAISS_REBUILD_THRESHOLD',
  });
  const segments = metrics.gauge({ name: 'chl_index_segments', help: 'Sealed segments' });
  const growing = metrics.gauge({
    name: 'chl_index_growing_rows',
    help: 'Vectors that are not yet in a sealed segment',
  });
  const memory = metrics.gauge({
    name: 'chl_index_memory_bytes',
    help: 'Vectors and text index in memory, as the index counts them',
  });
  return (status) => {
    info(1, { backend: status.backend ?? 'none', state: status.state });
    vectors(status.vectors);
    documents(status.documents);
    tombstones(status.tombstones);
    ratio(status.tombstoneRatio);
    segments(status.segments.length);
    growing(status.growing.rows);
    memory(status.memoryBytes);
  };
}

function fileMetrics(metrics: RecordedMetrics): (status: CollectionStatus, nowMs: number) => void {
  const bytes = metrics.gauge({ name: 'chl_index_snapshot_bytes', help: 'Files of the snapshot' });
  const age = metrics.gauge({
    name: 'chl_index_snapshot_age_seconds',
    help: 'Since the last manifest; NaN without one. Under `immediate` the growing log is newer',
  });
  const unsaved = metrics.gauge({
    name: 'chl_index_unsaved_changes',
    help: 'Changes that a start now would replay from the database',
  });
  const seq = metrics.gauge({ name: 'chl_index_last_seq', help: 'Number of the last change applied' });
  return ({ snapshot, unsavedChanges, lastSeq }, nowMs) => {
    bytes(snapshot?.bytes ?? 0);
    age(snapshot === null ? Number.NaN : Math.max(0, (nowMs - snapshot.savedAtMs) / 1000));
    unsaved(unsavedChanges);
    seq(lastSeq);
  };
}

function jobMetrics(metrics: RecordedMetrics): (status: CollectionStatus) => void {
  const counter = (name: string, help: string): ((total: number) => void) => metrics.counter({ name, help });
  const searches = counter('chl_index_searches_total', 'Searches that the index answered');
  const saves = counter('chl_index_saves_total', 'Snapshots published');
  const failedSaves = counter('chl_index_failed_saves_total', 'Attempts to write to disk that failed');
  const rebuilds = counter('chl_index_rebuilds_total', 'Rebuilds finished');
  const merges = counter('chl_index_merges_total', 'Merges of segments finished');
  const recoveries = metrics.counter({
    name: 'chl_index_recoveries_total',
    help: 'How often the index was opened, by where it came from; starts anew with the index process',
    labelNames: ['source'],
  });
  const rebuilding = metrics.gauge({ name: 'chl_index_rebuild_running', help: '1 while a rebuild runs' });
  const batches = metrics.histogram({
    name: 'chl_index_search_batch_searches',
    help: 'Searches that the index answered in one step',
  });
  return ({ counters, rebuild, figures }) => {
    searches(counters.searches);
    saves(counters.saves);
    failedSaves(counters.failedSaves);
    rebuilds(counters.rebuilds);
    merges(counters.merges);
    rebuilding(rebuild.running ? 1 : 0);
    if (figures === undefined) return;
    batches(figures.batches);
    for (const [source, count] of Object.entries(figures.recoveries)) recoveries(count, { source });
  };
}
