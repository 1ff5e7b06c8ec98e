import { ObservedMutex } from '../core/locks/observed-mutex.ts';
import type { WriteOutcome } from '../core/ports/catalog.ts';
import { fingerprintText } from '../core/ports/embedder.ts';
import { AuditLog } from './audit-log.ts';
import { CategoryDirectory } from './category-directory.ts';
import { ChangeFeed } from './change-feed.ts';
import { Committer } from './committer.ts';
import { EmbeddingGateway } from './embedding-gateway.ts';
import { EntryCache, uncachedEntries } from './entry-cache.ts';
import { IdempotentRequests } from './idempotent-requests.ts';
import type { ServiceOptions } from './options.ts';
import { SeqTokens } from './seq-token.ts';
import type { ServicePorts } from './service-ports.ts';
import { ServiceRecorder } from './service-recorder.ts';
import { ServedCollection } from './served-collection.ts';
import { SessionStore } from './session-store.ts';

/** What several services use: one of each. */
export type Shared = ReturnType<typeof composeShared>;

/** @param onLeftWaiting an entry was stored without its vector */
export function composeShared(ports: ServicePorts, options: ServiceOptions, onLeftWaiting: () => void) {
  const { clock, logger, catalog } = ports;
  const { reader, writer } = catalog;
  const recorder = new ServiceRecorder(clock);
  const embedder = recorder.watchEmbedder(ports.embedder);
  const boundFingerprint = ports.boundFingerprint ?? fingerprintText(embedder.fingerprint);
  const collection = new ServedCollection(ports.collection, boundFingerprint);
  const seqTokens = new SeqTokens(reader);
  const changes = new ChangeFeed({ reader, seqTokens, clock, pollMs: options.changesPollMs });
  const categories = new CategoryDirectory({ reader, clock, maxAgeMs: options.categoriesMaxAgeMs });
  const entries =
    ports.replicaPollMs === undefined
      ? new EntryCache(reader, options.entryCacheMaxBytes)
      : uncachedEntries(reader);
  const writerLock = ports.writerLock ?? new ObservedMutex({ name: 'writer', clock, logger });
  const committer = new Committer({
    writer,
    collection,
    lock: writerLock,
    logger,
    options: options.committer,
    onCommitted: ({ after, outcomes }) => {
      recorder.committed(outcomes.length);
      for (const outcome of outcomes) {
        if (outcome.ok && outcome.change !== null) entries.forget(outcome.change.key);
      }
      categories.invalidate();
      changes.committed(after.seq);
      if (outcomes.some(leftWaiting)) onLeftWaiting();
    },
  });
  return {
    reader,
    entries,
    collection,
    committer,
    gateway: new EmbeddingGateway({ embedder, boundFingerprint, clock, logger, options: options.embedding }),
    categories,
    changes,
    sessions: new SessionStore(options.sessions),
    seqTokens,
    requests: new IdempotentRequests(),
    audit: new AuditLog({ committer, clock, logger }),
    recorder,
    writerLock,
    clock,
    logger,
  };
}

const leftWaiting = (outcome: WriteOutcome): boolean =>
  outcome.ok && outcome.entry !== null && outcome.entry.embeddingStatus === 'pending';
