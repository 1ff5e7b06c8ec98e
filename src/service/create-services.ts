import { Categories } from './category-service.ts';
import { composeBackground, type Background } from './compose-background.ts';
import { composeShared, type Shared } from './compose-shared.ts';
import { DuplicateFinder } from './duplicate-finder.ts';
import { EntryCreator } from './entry-creator.ts';
import { EntryReader } from './entry-reader.ts';
import { EntryUpdater } from './entry-updater.ts';
import { Figures } from './figures-service.ts';
import { Guidelines } from './guideline-service.ts';
import { Health } from './health-service.ts';
import { Importer } from './importer.ts';
import { IndexAdmin } from './index-admin.ts';
import { Maintenance } from './maintenance-service.ts';
import { DEFAULT_SERVICE_OPTIONS, type ServiceOptions } from './options.ts';
import { Queues } from './queue-service.ts';
import { Retrieval } from './retrieval.ts';
import { Search } from './search-service.ts';
import type { ServicePorts } from './service-ports.ts';
import type { EntryService, Services } from './services.ts';
import { Sessions } from './session-service.ts';
import { Transfer } from './transfer-service.ts';

/** The use cases over the given ports: one object for every transport. */
export function createServices(
  ports: ServicePorts,
  options: ServiceOptions = DEFAULT_SERVICE_OPTIONS,
): Services {
  const shared = composeShared(ports, options, () => background.embeddingQueue.wake());
  const background = composeBackground(ports, options, shared);
  const { committer, categories, sessions, changes, audit } = shared;
  const found = {
    retrieval: new Retrieval({ ...shared, collection: shared.recorder.watchSearches(shared.collection) }),
    duplicateFinder: new DuplicateFinder(shared),
  };
  const index = new IndexAdmin({ ...shared, settings: ports.indexSettings });
  const health = new Health(shared);
  return {
    entries: createEntryService({ ...shared, ...found, options }),
    transfer: createTransfer(shared, options),
    search: new Search({
      ...shared,
      ...found,
      sessionOptions: options.sessions,
    }),
    categories: new Categories({ ...shared, directory: categories }),
    sessions: new Sessions(sessions),
    guidelines: new Guidelines(ports.guides ?? {}),
    changes,
    index,
    maintenance: new Maintenance({ maintenance: ports.maintenance ?? null, audit }),
    queue: createQueues(shared, background, options),
    reembed: background.reembed,
    health,
    figures: new Figures({ ...shared, health, stalenessMs: () => background.stalenessMs() }),
    start: () => background.start(),
    caughtUp: () => background.caughtUp(),
    stalenessMs: () => background.stalenessMs(),
    async close() {
      await background.stop();
      await committer.close();
      await index.idle();
    },
  };
}

const createTransfer = (shared: Shared, options: ServiceOptions): Transfer =>
  new Transfer({
    reader: shared.reader,
    importer: new Importer({
      ...shared,
      batchLines: options.importBatchLines,
      batchesAhead: options.importBatchesAhead,
      importTimeoutMs: options.embedding.importTimeoutMs,
    }),
    pageEntries: options.exportPageEntries,
  });

const createQueues = (shared: Shared, { embeddingQueue }: Background, options: ServiceOptions): Queues =>
  new Queues({
    ...shared,
    embeddingQueue,
    mode: options.embedding.mode,
    drainMaxMs: options.embeddingQueue.drainMaxMs,
  });

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
