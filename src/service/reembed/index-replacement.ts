import { ChlError } from '../../core/errors.ts';
import { failpoint } from '../../core/failpoints.ts';
import { asSeq } from '../../core/ids.ts';
import type { ObservedMutex } from '../../core/locks/observed-mutex.ts';
import type { CatalogReader } from '../../core/ports/catalog.ts';
import { fingerprintText, type Embedder } from '../../core/ports/embedder.ts';
import type { IndexCollection } from '../../core/ports/index-host.ts';
import type { Clock } from '../../core/ports/runtime.ts';
import type { EmbeddingGateway } from '../embedding-gateway.ts';
import type { ServedCollection } from '../served-collection.ts';
import type { ReembedPorts } from './reembed-ports.ts';

export interface ReplacementParts {
  readonly reader: Pick<CatalogReader, 'horizon' | 'indexGeneration'>;
  readonly collection: ServedCollection;
  readonly gateway: EmbeddingGateway;
  readonly writerLock: ObservedMutex;
  readonly clock: Clock;
}

export interface Replacement {
  readonly ports: ReembedPorts;
  readonly embedder: Embedder;
  /** Ends the wait for the new index. */
  readonly signal: AbortSignal;
}

const OPEN_POLL_MS = 100;

/**
 * Opens the index of the embedder that the database belongs to now. Until it is ready the former one
 * answers; then, under the writer lock, it catches up and both, index and embedder, take their place.
 * @throws UNAVAILABLE when it is ended before
 */
export async function replaceIndex(
  { reader, collection, gateway, writerLock, clock }: ReplacementParts,
  { ports, embedder, signal }: Replacement,
): Promise<void> {
  const generation = await reader.indexGeneration();
  const next = ports.openCollection(embedder, generation);
  let former: { readonly embedder: Embedder; readonly collection: IndexCollection };
  try {
    await untilReady(next, clock, signal);
    failpoint('reembed.before-swap');
    former = await writerLock.runExclusive('reembed', async () => {
      const last = await reader.horizon();
      await next.apply({ afterSeq: asSeq(last.seq), last, changes: [] });
      const formerEmbedder = gateway.embedder;
      gateway.writeWith(embedder);
      gateway.searchWith(embedder);
      const formerCollection = collection.replace(next, fingerprintText(embedder.fingerprint));
      return { embedder: formerEmbedder, collection: formerCollection };
    });
  } catch (error) {
    // The next attempt opens the same folder.
    await next.close();
    throw error;
  }
  await former.collection.close();
  await former.embedder.close();
  await ports.retire(generation - 1);
}

/** It opens by itself and keeps trying. */
async function untilReady(collection: IndexCollection, clock: Clock, signal: AbortSignal): Promise<void> {
  await collection.opened;
  while (collection.state !== 'ready') {
    if (signal.aborted)
      throw new ChlError('UNAVAILABLE', 'The service stops; the next start opens the new index.');
    await new Promise<void>((resolve) => void clock.setTimer(resolve, OPEN_POLL_MS));
  }
}
