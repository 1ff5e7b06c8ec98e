import { ObservedMutex } from '../core/locks/observed-mutex.ts';
import type { CatalogMaintenance } from '../core/ports/catalog-maintenance.ts';
import type { Catalog, WriteOutcome } from '../core/ports/catalog.ts';
import { fingerprintText, type Embedder } from '../core/ports/embedder.ts';
import type { IndexCollection } from '../core/ports/index-host.ts';
import type { Clock, Logger } from '../core/ports/runtime.ts';
import { AuditLog } from './audit-log.ts';
import { CategoryDirectory } from './category-directory.ts';
import { Categories } from './category-service.ts';
import { ChangeFeed } from './change-feed.ts';
import { Committer } from './committer.ts';
import { DuplicateFinder } from './duplicate-finder.ts';
import { EmbeddingGateway } from './embedding-gateway.ts';
import { EmbeddingQueue } from './embedding-queue/embedding-queue.ts';
import { EntryCreator } from './entry-creator.ts';
import { EntryReader } from './entry-reader.ts';
import { EntryUpdater } from './entry-updater.ts';
import { Figures } from './figures-service.ts';
import { Guidelines, type GuideOverrides } from './guideline-service.ts';
import { Health } from './health-service.ts';
import { IdempotentRequests } from './idempotent-requests.ts';
import { Importer } from './importer.ts';
import { IndexAdmin } from './index-admin.ts';
import type { IndexSettings } from './index-status-view.ts';
import { Maintenance } from './maintenance-service.ts';
import { DEFAULT_SERVICE_OPTIONS, type ServiceOptions } from './options.ts';
import { Queues } from './queue-service.ts';
import type { ReembedPorts } from './reembed/reembed-ports.ts';
import { Reembedding } from './reembed/reembed-service.ts';
import { ReplicaTail } from './replica-tail.ts';
import { Retrieval } from './retrieval.ts';
import { Search } from './search-service.ts';
import { SeqTokens } from './seq-token.ts';
import { ServiceRecorder } from './service-recorder.ts';
import { ServedCollection } from './served-collection.ts';
import type { EntryService, Services } from './services.ts';
import { Sessions } from './session-service.ts';
import { SessionStore } from './session-store.ts';
import { Transfer } from './transfer-service.ts';

/** What the services stand on. Whoever opened the ports closes them, after `services.close()`. */
export interface ServicePorts {
  readonly catalog: Catalog;
  /** Of a database that is a file here; without it backup and compaction are refused. */
  readonly maintenance?: CatalogMaintenance;
  readonly collection: IndexCollection;
  readonly embedder: Embedder;
  /** What the database is bound to, where that is not this embedder: vectors are not served then. */
  readonly boundFingerprint?: string;
  /** Without it the embedder cannot be changed. */
  readonly reembed?: ReembedPorts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly indexSettings: IndexSettings;
  readonly guides?: GuideOverrides;
  /** Given by whoever reports its waits, or takes it for maintenance of the database. */
  readonly writerLock?: ObservedMutex;
  /** Given when other processes may write the same database: how often to look for their changes. */
  readonly replicaPollMs?: number;
}

/** The use cases over the given ports: one object for every transport. */
export function createServices(
  ports: ServicePorts,
  options: ServiceOptions = DEFAULT_SERVICE_OPTIONS,
): Services {
  const { clock, logger, catalog } = ports;
  const recorder = new ServiceRecorder(clock);
  const embedder = recorder.watchEmbedder(ports.embedder);
  const { reader, writer } = catalog;
  const boundFingerprint = ports.boundFingerprint ?? fingerprintText(embedder.fingerprint);
  const collection = new ServedCollection(ports.collection, boundFingerprint);
  const seqTokens = new SeqTokens(reader);
  const changes = new ChangeFeed({ reader, seqTokens, clock, pollMs: options.changesPollMs });
  const categories = new CategoryDirectory({ reader, clock, maxAgeMs: options.categoriesMaxAgeMs });
  const writerLock = ports.writerLock ?? new ObservedMutex({ name: 'writer', clock, logger });
  const committer = new Committer({
    writer,
    collection,
    lock: writerLock,
    logger,
    options: options.committer,
    onCommitted: ({ after, outcomes }) => {
      recorder.committed(outcomes.length);
      categories.invalidate();
      changes.committed(after.seq);
      if (outcomes.some(leftWaiting)) embeddingQueue.wake();
    },
  });
  const gateway = new EmbeddingGateway({
    embedder,
    boundFingerprint,
    clock,
    logger,
    options: options.embedding,
  });
  const background = { reader, committer, gateway, clock, logger, options: options.embeddingQueue };
  const embeddingQueue = new EmbeddingQueue(background);
  const reembed = new Reembedding({
    ...background,
    collection,
    embeddingQueue,
    writerLock,
    timeoutMs: options.embedding.queueTimeoutMs,
    ports: ports.reembed === undefined ? null : watched(ports.reembed, recorder),
  });
  const retrieval = new Retrieval({
    collection: recorder.watchSearches(collection),
    reader,
    gateway,
    logger,
  });
  const duplicateFinder = new DuplicateFinder({ collection, reader, gateway });
  const sessions = new SessionStore(options.sessions);
  const requests = new IdempotentRequests();
  const audit = new AuditLog({ committer, clock, logger });
  const shared = {
    reader,
    collection,
    committer,
    gateway,
    categories,
    sessions,
    seqTokens,
    requests,
    audit,
    recorder,
    writerLock,
    clock,
    logger,
  };
  const found = { retrieval, duplicateFinder };
  const index = new IndexAdmin({
    ...shared,
    settings: ports.indexSettings,
  });
  const health = new Health(shared);
  const tail =
    ports.replicaPollMs === undefined
      ? null
      : new ReplicaTail({
          reader,
          collection,
          onChange: (last) => changes.committed(last),
          clock,
          logger,
          pollMs: ports.replicaPollMs,
        });
  return {
    entries: createEntryService({ ...shared, ...found, options }),
    transfer: new Transfer({
      reader,
      importer: new Importer({
        ...shared,
        batchLines: options.importBatchLines,
        batchesAhead: options.importBatchesAhead,
        importTimeoutMs: options.embedding.importTimeoutMs,
      }),
      pageEntries: options.exportPageEntries,
    }),
    search: new Search({ ...shared, ...found, sessionOptions: options.sessions }),
    categories: new Categories({ ...shared, directory: categories }),
    sessions: new Sessions(sessions),
    guidelines: new Guidelines(ports.guides ?? {}),
    changes,
    index,
    maintenance: new Maintenance({ maintenance: ports.maintenance ?? null, audit }),
    queue: new Queues({
      ...shared,
      embeddingQueue,
      mode: options.embedding.mode,
      drainMaxMs: options.embeddingQueue.drainMaxMs,
    }),
    reembed,
    health,
    figures: new Figures({ ...shared, health }),
    async start() {
      tail?.start();
      await embeddingQueue.start();
    },
    async close() {
      await tail?.stop();
      await reembed.stop();
      await embeddingQueue.stop();
      await committer.close();
      await index.idle();
    },
  };
}

/** The next embedder is watched like the first one. */
const watched = (ports: ReembedPorts, recorder: ServiceRecorder): ReembedPorts => ({
  openEmbedder: async (request) => recorder.watchEmbedder(await ports.openEmbedder(request)),
  openCollection: (embedder, generation) => ports.openCollection(embedder, generation),
  retire: (generation) => ports.retire(generation),
});

/** The queue has to hear of it. */
const leftWaiting = (outcome: WriteOutcome): boolean =>
  outcome.ok && outcome.entry !== null && outcome.entry.embeddingStatus === 'pending';

type EntryParts = Omit<ConstructorParameters<typeof EntryCreator>[0], 'options'> &
  ConstructorParameters<typeof EntryReader>[0] &
  Omit<ConstructorParameters<typeof EntryUpdater>[0], 'mergeAttemptsMax'> & {
    readonly options: ServiceOptions;
  };

/** Reading, creating and changing live in files of their own; to a transport they are one service. */
function createEntryService(parts: EntryParts): EntryService {
  const entryReader = new EntryReader(parts);
  const creator = new EntryCreator({ ...parts, options: parts.options.duplicates });
  const updater = new EntryUpdater({ ...parts, mergeAttemptsMax: parts.options.mergeAttemptsMax });
  return {
    read: (request, context) => entryReader.read(request, context),
    get: (entryId, context) => entryReader.get(entryId, context),
    history: (entryId) => entryReader.history(entryId),
    write: (request, context) => creator.write(request, context),
    update: (request, context) => updater.update(request, context),
    remove: (request, context) => updater.remove(request, context),
  };
}
