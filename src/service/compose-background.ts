import type { CatalogWriter, LeaseName } from '../core/ports/catalog.ts';
import type { Shared } from './compose-shared.ts';
import { EmbeddingQueue } from './embedding-queue/embedding-queue.ts';
import { SOLE_OWNER } from './lease/job-lease.ts';
import { Lease } from './lease/lease.ts';
import { LeaseKeeper } from './lease/lease-keeper.ts';
import type { ServiceOptions } from './options.ts';
import { EmbedderFollower } from './reembed/embedder-follower.ts';
import type { ReembedPorts } from './reembed/reembed-ports.ts';
import { Reembedding } from './reembed/reembed-service.ts';
import { ReplicaTail } from './replica-tail.ts';
import type { ServicePorts } from './service-ports.ts';
import type { ServiceRecorder } from './service-recorder.ts';

/** What goes on without a request: the embedding queue, a change of embedder, the tail of other replicas. */
export interface Background {
  readonly embeddingQueue: EmbeddingQueue;
  readonly reembed: Reembedding;
  start(): Promise<void>;
  /** See `ReplicaTail`; at once where nobody else writes the database. */
  caughtUp(): Promise<void>;
  stalenessMs(): number | null;
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

export function composeBackground(ports: ServicePorts, options: ServiceOptions, shared: Shared): Background {
  const leases =
    ports.replicaPollMs === undefined ? null : composeLeases(ports.catalog.writer, options, shared);
  const queueLease =
    leases?.('embedding-queue', {
      // One whose embedder is another than the database's would hold it for nothing.
      isWanted: () => shared.gateway.mismatch === null,
      // When the database is away, the next renewal comes back to it.
      onHeld: () => void embeddingQueue.refresh().catch(() => undefined),
    }) ?? null;
  const parts = { ...shared, options: options.embeddingQueue };
  const embeddingQueue = new EmbeddingQueue({ ...parts, lease: queueLease ?? SOLE_OWNER });
  const reembedPorts = ports.reembed === undefined ? null : watched(ports.reembed, shared.recorder);
  const reembed = new Reembedding({
    ...parts,
    embeddingQueue,
    timeoutMs: options.embedding.queueTimeoutMs,
    leaseKeeper: leases?.('reembed', { isWanted: () => true, onHeld: () => undefined }) ?? null,
    ports: reembedPorts,
  });
  const follower = new EmbedderFollower({ ...parts, ports: reembedPorts });
  const tail =
    ports.replicaPollMs === undefined
      ? null
      : composeTail(ports.replicaPollMs, shared, { embeddingQueue, reembed, follower });
  return {
    embeddingQueue,
    reembed,
    async start() {
      tail?.start();
      await queueLease?.start();
      await embeddingQueue.start();
    },
    caughtUp: async () => tail?.caughtUp(),
    stalenessMs: () => tail?.stalenessMs ?? null,
    async stop() {
      await tail?.stop();
      await follower.stop();
      await reembed.stop();
      await embeddingQueue.stop();
      await queueLease?.stop();
    },
  };
}

type Wishes = Pick<ConstructorParameters<typeof LeaseKeeper>[0], 'isWanted' | 'onHeld'>;

/** Renewed three times a term: one renewal may fail. */
const RENEWALS_PER_TERM = 3;

function composeLeases(
  writer: CatalogWriter,
  { leaseTtlMs: ttlMs }: ServiceOptions,
  { clock, logger }: Shared,
) {
  const holder = crypto.randomUUID();
  return (name: LeaseName, wishes: Wishes): LeaseKeeper =>
    new LeaseKeeper({
      lease: new Lease({ name, holder, ttlMs, writer, clock }),
      clock,
      logger,
      everyMs: ttlMs / RENEWALS_PER_TERM,
      ...wishes,
    });
}

interface Followers extends Pick<Background, 'embeddingQueue' | 'reembed'> {
  readonly follower: EmbedderFollower;
}

/** Another replica may also have filled the queue, or have given the database to another embedder. */
const composeTail = (
  pollMs: number,
  { reader, collection, changes, clock, logger }: Shared,
  { embeddingQueue, reembed, follower }: Followers,
): ReplicaTail => {
  const tail = new ReplicaTail({
    reader,
    collection,
    clock,
    logger,
    pollMs,
    beforeApply: async () => {
      const fingerprint = await reader.fingerprint();
      if (fingerprint !== null && !reembed.isRunning) follower.databaseBelongsTo(fingerprint);
    },
    onChange: (last) => {
      changes.committed(last);
      embeddingQueue.wake();
    },
  });
  collection.watchWanted((minSeq) => tail.wanted(minSeq));
  return tail;
};

/** The next embedder is watched like the first one. */
const watched = (ports: ReembedPorts, recorder: ServiceRecorder): ReembedPorts => ({
  openEmbedder: async (request) => recorder.watchEmbedder(await ports.openEmbedder(request)),
  openBound: async (fingerprint) => recorder.watchEmbedder(await ports.openBound(fingerprint)),
  openCollection: (embedder, generation) => ports.openCollection(embedder, generation),
  retire: (generation) => ports.retire(generation),
});
