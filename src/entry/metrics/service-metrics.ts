import type { ReplicaFigures, ServiceFigures } from '../../service/figures-service.ts';
import { SEARCH_STAGES } from '../../service/service-recorder.ts';
import { SECONDS_PER_MS, type RecordedMetrics } from './recorded-metrics.ts';

/** Writes what the services and the catalog tell. @returns the writer, to be called before each scrape */
export function serviceMetrics(metrics: RecordedMetrics): (figures: ServiceFigures) => void {
  const degraded = metrics.gauge({
    name: 'chl_degraded',
    help: '1 while a part does not work as it should and a weaker one answers',
    labelNames: ['component'],
  });
  const searchStages = metrics.histogram(
    {
      name: 'chl_search_stage_duration_seconds',
      help: 'Parts of a search: embed, index (the way there and back, with vector and text in it), vector (a whole batch), text, fetch',
      labelNames: ['stage'],
    },
    SECONDS_PER_MS,
  );
  const commitGroups = metrics.histogram({
    name: 'chl_commit_group_operations',
    help: 'Writes that share one transaction and one fsync',
  });
  const waiting = metrics.gauge({
    name: 'chl_commit_queue_operations',
    help: 'Writes that wait for their transaction',
  });
  const waitingMax = metrics.gauge({
    name: 'chl_commit_queue_operations_max',
    help: 'Above this, writes are refused with 503',
  });
  const operations = metrics.counter({
    name: 'chl_committed_operations_total',
    help: 'Writes that were committed',
  });
  const writeEmbedding = embeddingMetrics(metrics);
  const entries = metrics.gauge({
    name: 'chl_entries',
    help: 'Entries in the database',
    labelNames: ['type'],
  });
  const embeddings = metrics.gauge({
    name: 'chl_embedding_entries',
    help: 'Entries by what became of their embedding; pending is the length of the queue',
    labelNames: ['status'],
  });
  const writeReplica = replicaMetrics(metrics);
  return ({ health, committer, counts, searchMs, index, replica, ...figures }) => {
    const { database, faiss_index, embedding_model } = health.components;
    for (const [component, { status }] of Object.entries({
      database,
      index: faiss_index,
      embedder: embedding_model,
    }))
      degraded(status === 'healthy' ? 0 : 1, { component });
    for (const stage of SEARCH_STAGES) searchStages(searchMs[stage], { stage });
    if (index.figures !== undefined) {
      searchStages(index.figures.vectorMs, { stage: 'vector' });
      searchStages(index.figures.textMs, { stage: 'text' });
    }
    commitGroups(figures.commitGroups);
    waiting(committer.waiting);
    waitingMax(committer.waitingMax);
    operations(committer.operations);
    writeEmbedding(figures);
    if (replica !== null) writeReplica(replica);
    if (counts === null) return;
    entries(counts.experiences, { type: 'experience' });
    entries(counts.skills, { type: 'skill' });
    for (const [status, count] of Object.entries(counts.embedding)) embeddings(count, { status });
  };
}

/** Absent where nobody else writes the database. */
function replicaMetrics(metrics: RecordedMetrics): (figures: ReplicaFigures) => void {
  const lag = metrics.gauge({
    name: 'chl_replica_lag_seq',
    help: 'Changes in a shared database that the index of this replica has not got',
  });
  const staleness = metrics.gauge({
    name: 'chl_replica_staleness_seconds',
    help: 'How long ago all that was committed to a shared database had reached the index of this replica',
  });
  return ({ lagSeq, stalenessMs }) => {
    lag(lagSeq);
    staleness(stalenessMs * SECONDS_PER_MS);
  };
}

function embeddingMetrics(
  metrics: RecordedMetrics,
): (figures: Pick<ServiceFigures, 'passages' | 'passagesMs' | 'embedderErrors'>) => void {
  const passages = metrics.histogram({
    name: 'chl_embedding_batch_texts',
    help: 'Texts to be stored that were embedded in one call',
  });
  const passagesSeconds = metrics.histogram(
    { name: 'chl_embedding_batch_duration_seconds', help: 'Calls that embed texts to be stored' },
    SECONDS_PER_MS,
  );
  const embedderErrors = metrics.counter({
    name: 'chl_embedder_errors_total',
    help: 'Calls of the embedder that failed, for queries and for texts',
  });
  return ({ passages: texts, passagesMs, embedderErrors: errors }) => {
    passages(texts);
    passagesSeconds(passagesMs);
    embedderErrors(errors);
  };
}
