import { ObservedMutex } from '../core/locks/observed-mutex.ts';
import type { CatalogMaintenance } from '../core/ports/catalog-maintenance.ts';
import type { Catalog } from '../core/ports/catalog.ts';
import type { Embedder } from '../core/ports/embedder.ts';
import type { IndexCollection } from '../core/ports/index-host.ts';
import type { Clock, Logger } from '../core/ports/runtime.ts';
import { AuditLog } from './audit-log.ts';
import { CategoryDirectory } from './category-directory.ts';
import { Categories } from './category-service.ts';
import { ChangeFeed } from './change-feed.ts';
import { Committer } from './committer.ts';
import { DuplicateFinder } from './duplicate-finder.ts';
import { EmbeddingGateway } from './embedding-gateway.ts';
import { EntryCreator } from './entry-creator.ts';
import { EntryReader } from './entry-reader.ts';
import { EntryUpdater } from './entry-updater.ts';
import { Guidelines, type GuideOverrides } from './guideline-service.ts';
import { Health } from './health-service.ts';
import { IdempotentRequests } from './idempotent-requests.ts';
import { Importer } from './importer.ts';
import { IndexAdmin } from './index-admin.ts';
import type { IndexSettings } from './index-status-view.ts';
import { Maintenance } from './maintenance-service.ts';
import { DEFAULT_SERVICE_OPTIONS, type ServiceOptions } from './options.ts';
import { Queues } from './queue-service.ts';
import { Retrieval } from './retrieval.ts';
import { Search } from './search-service.ts';
import { SeqTokens } from './seq-token.ts';
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
  readonly clock: Clock;
  readonly logger: Logger;
  readonly indexSettings: IndexSettings;
  readonly guides?: GuideOverrides;
  /** Given by whoever reports its waits, or takes it for maintenance of the database. */
  readonly writerLock?: ObservedMutex;
}

/** The use cases over the given ports: one object for every transport. */
export function createServices(
  ports: ServicePorts,
  options: ServiceOptions = DEFAULT_SERVICE_OPTIONS,
): Services {
  const { collection, embedder, clock, logger, catalog } = ports;
  const { reader, writer } = catalog;
  const seqTokens = new SeqTokens(reader);
  const changes = new ChangeFeed({ reader, seqTokens, clock, pollMs: options.changesPollMs });
  const categories = new CategoryDirectory({ reader, clock, maxAgeMs: options.categoriesMaxAgeMs });
  const committer = new Committer({
    writer,
    collection,
    lock: ports.writerLock ?? new ObservedMutex({ name: 'writer', clock, logger }),
    logger,
    options: options.committer,
    onCommitted: ({ after }) => {
      categories.invalidate();
      changes.committed(after.seq);
    },
  });
  const gateway = new EmbeddingGateway({ embedder, clock, logger, options: options.embedding });
  const retrieval = new Retrieval({ collection, reader, gateway, logger });
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
    clock,
    logger,
  };
  const found = { retrieval, duplicateFinder };
  const index = new IndexAdmin({
    ...shared,
    settings: ports.indexSettings,
    modelName: embedder.fingerprint.name,
  });
  return {
    entries: createEntryService({ ...shared, ...found, options }),
    transfer: new Transfer({
      reader,
      importer: new Importer({ ...shared, batchLines: options.importBatchLines }),
      pageEntries: options.exportPageEntries,
    }),
    search: new Search({ ...shared, ...found, sessionOptions: options.sessions }),
    categories: new Categories({ ...shared, directory: categories }),
    sessions: new Sessions(sessions),
    guidelines: new Guidelines(ports.guides ?? {}),
    changes,
    index,
    maintenance: new Maintenance({ maintenance: ports.maintenance ?? null, audit }),
    queue: new Queues(shared),
    health: new Health(shared),
    async close() {
      await committer.close();
      await index.idle();
    },
  };
}

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
