import type { Migration } from './migration.ts';

/**
 * What a background queue has to know of an entry that waits, and a place for the vectors of the next
 * embedder beside those that are served.
 */
const STATEMENTS: readonly string[] = [
  'ALTER TABLE embedding_queue ADD COLUMN queued_at_ms INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE embedding_queue ADD COLUMN failed INTEGER NOT NULL DEFAULT 0',
  // Every entry queued so far could be tried from this moment on.
  'UPDATE embedding_queue SET queued_at_ms = next_attempt_ms',

  // No reference to the entry: what it staged for one that is gone is cleared with the rest.
  `CREATE TABLE staged_embeddings (
    fingerprint  TEXT NOT NULL,
    entry_key    INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    vector       BLOB NOT NULL,
    PRIMARY KEY (fingerprint, entry_key)
  ) STRICT`,
];

export const embeddingQueue: Migration = {
  version: 2,
  name: 'embedding queue',
  async up(session) {
    for (const statement of STATEMENTS) await session.run(statement);
  },
};
