import { rm } from 'node:fs/promises';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { sha256OfText } from '../../adapters/native/sha256.ts';
import { hashTextsWith } from '../core/embedding.ts';
import { fingerprintText, type Embedder } from '../core/ports/embedder.ts';
import type { IndexCollection, IndexHost } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import type { ReembedPorts } from '../service/reembed/reembed-ports.ts';
import type { Services } from '../service/services.ts';
import { isShared, openCatalog } from './catalog.ts';
import { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { collectionSpec, serviceOptions } from './core-settings.ts';
import { indexFolder } from './data-folder.ts';
import type { DatabaseThreads } from './database-threads.ts';
import { chooseEmbedder, openBoundEmbedder, openEmbedder, type EmbedderKind } from './embedders.ts';
import { readGuides } from './guides.ts';
import type { EmbedderPool } from './embedders/embedder-pool.ts';

// Node and Deno have `node:crypto`; the edge, which has not, opens its memory elsewhere.
hashTextsWith(sha256OfText);

/** One database, its index, and the use cases over both: what nobody else's requests can reach. */
export interface Memory {
  readonly services: Services;
  readonly collection: IndexCollection;
  readonly embedder: Embedder;
  /** Finishes what was taken, and saves as the policy says. */
  close(): Promise<void>;
}

export interface MemoryParts {
  readonly logger: Logger;
  /** Where its index runs. Closed by whoever opened it, afterwards. */
  readonly indexHost: IndexHost;
  readonly embedders: EmbedderPool;
  /** Null: threads of its own. */
  readonly threads: DatabaseThreads | null;
  /** Of vectors of queries and passages that were made lately; unset: 16 MiB. */
  readonly embeddingCacheBytes?: number;
}

/**
 * Opens the memory in a data folder that the caller owns. It answers as soon as the database is open;
 * the index opens meanwhile.
 * @throws CONFIGURATION, CORRUPT
 */
export async function openMemory(config: Config, parts: MemoryParts): Promise<Memory> {
  const { logger, embedders, threads } = parts;
  const closers = new Closers();
  try {
    const opening = openCatalog(config, logger, threads);
    // The use cases are loaded while the database opens, on its threads.
    const loading = import('../service/create-services.ts');
    loading.catch(() => undefined);
    const catalog = await opening;
    closers.add(() => catalog.close());
    const { createServices } = await loading;
    const stored = await catalog.reader.fingerprint();
    const { kind, embedder } = await chooseEmbedder(config.embedder, stored, logger, embedders);
    closers.add(() => embedder.close());
    const boundFingerprint = await catalog.bindFingerprint(fingerprintText(embedder.fingerprint));
    const generation = await catalog.reader.indexGeneration();
    // What a change of embedder opens later belongs here too: after the services, whenever it came.
    const opened = new Closers();
    closers.add(() => opened.close());
    const openCollection = (fingerprint: string, of: number): IndexCollection => {
      const { databaseUrl } = catalog;
      const directory = indexFolder(config, of);
      const collection = parts.indexHost.open(
        collectionSpec(config, { databaseUrl, directory, fingerprint, generation: of }),
      );
      opened.add(() => collection.close());
      return collection;
    };
    const collection = openCollection(boundFingerprint, generation);
    const services = createServices(
      {
        catalog,
        maintenance: catalog.maintenance,
        collection,
        embedder,
        boundFingerprint,
        reembed: reembedPorts({ config, kind, openCollection, opened, logger, embedders }),
        clock: systemClock,
        logger,
        indexSettings: config.index,
        guides: await readGuides(config.dataDir),
        ...(isShared(config) ? { replicaPollMs: config.replicaPollMs } : {}),
      },
      serviceOptions(config, isShared(config), parts.embeddingCacheBytes),
    );
    closers.add(() => services.close());
    await services.start();
    return { services, collection, embedder, close: () => closers.close() };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

interface ReembedParts {
  readonly config: Config;
  /** Of the embedder that this start has chosen. */
  readonly kind: EmbedderKind;
  readonly openCollection: (fingerprint: string, generation: number) => IndexCollection;
  readonly opened: Closers;
  readonly logger: Logger;
  readonly embedders: EmbedderPool;
}

const reembedPorts = ({
  config,
  kind,
  openCollection,
  opened,
  logger,
  embedders,
}: ReembedParts): ReembedPorts => ({
  async openEmbedder({ to, model }) {
    const settings = { ...config.embedder, model: model ?? config.embedder.model };
    const embedder = await openEmbedder(to ?? kind, settings, logger, embedders);
    opened.add(() => embedder.close());
    return embedder;
  },
  async openBound(fingerprint) {
    const embedder = await openBoundEmbedder(config.embedder, fingerprint, logger, embedders);
    opened.add(() => embedder.close());
    return embedder;
  },
  openCollection: ({ fingerprint }, generation) => openCollection(fingerprintText(fingerprint), generation),
  retire: (generation) => rm(indexFolder(config, generation), { recursive: true, force: true }),
});
