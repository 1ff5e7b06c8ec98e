import { SEEDED_CATEGORIES } from '../../../../src/core/categories.ts';
import { CREATE_FTS_TABLE } from '../../../text/fts5/table.ts';
import type { Migration } from './migration.ts';

/**
 * The tables of the catalog. AUTOINCREMENT where a number must never be used again: SQLite otherwise
 * reissues the highest one after its row is deleted.
 */
const TABLES: readonly string[] = [
  `CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE categories (
    code          TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    description   TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,

  // heading and body are the searched text; data is JSON of what is left of the entry's fields.
  `CREATE TABLE entries (
    entry_key        INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,
    type             TEXT NOT NULL CHECK (type IN ('experience', 'skill')),
    category_code    TEXT NOT NULL REFERENCES categories (code),
    section          TEXT,
    skill_name       TEXT,
    heading          TEXT NOT NULL,
    body             TEXT NOT NULL,
    data             TEXT NOT NULL,
    tags             TEXT NOT NULL,
    ref              TEXT,
    author           TEXT NOT NULL,
    source           TEXT NOT NULL,
    sync_status      TEXT NOT NULL,
    embedding_status TEXT NOT NULL CHECK (embedding_status IN ('pending', 'embedded', 'failed')),
    vector_id        INTEGER,
    version          INTEGER NOT NULL,
    seq              INTEGER NOT NULL,
    created_at_ms    INTEGER NOT NULL,
    updated_at_ms    INTEGER NOT NULL
  ) STRICT`,
  // Partial: most entries have neither, and UNIQUE in the column would index their absence.
  'CREATE UNIQUE INDEX entries_by_ref ON entries (ref) WHERE ref IS NOT NULL',
  'CREATE UNIQUE INDEX entries_by_skill_name ON entries (skill_name) WHERE skill_name IS NOT NULL',
  // A category's list in order, and its counts, from the index alone.
  'CREATE INDEX entries_by_category ON entries (category_code, entry_key, type)',
  // Nearly always empty.
  `CREATE INDEX entries_not_embedded ON entries (embedding_status) WHERE embedding_status <> 'embedded'`,

  `CREATE TABLE entry_tags (
    tag       TEXT NOT NULL,
    entry_key INTEGER NOT NULL REFERENCES entries (entry_key),
    PRIMARY KEY (tag, entry_key)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX entry_tags_by_entry ON entry_tags (entry_key)',

  // Outlives the entry: no reference to it.
  `CREATE TABLE entry_history (
    seq      INTEGER PRIMARY KEY,
    entry_id TEXT NOT NULL,
    version  INTEGER NOT NULL,
    op       TEXT NOT NULL CHECK (op IN ('create', 'update', 'delete')),
    actor    TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    data     TEXT NOT NULL,
    tags     TEXT NOT NULL
  ) STRICT`,
  'CREATE INDEX entry_history_by_entry ON entry_history (entry_id, seq)',

  // vector_id is the seq of the change that made the vector; little-endian float32.
  `CREATE TABLE embeddings (
    vector_id    INTEGER PRIMARY KEY,
    entry_key    INTEGER NOT NULL UNIQUE REFERENCES entries (entry_key),
    fingerprint  TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    vector       BLOB NOT NULL
  ) STRICT`,

  `CREATE TABLE embedding_queue (
    entry_key       INTEGER PRIMARY KEY REFERENCES entries (entry_key),
    version         INTEGER NOT NULL,
    fingerprint     TEXT NOT NULL,
    content_hash    TEXT NOT NULL,
    reason          TEXT NOT NULL,
    queued_seq      INTEGER NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_ms INTEGER NOT NULL
  ) STRICT`,
  'CREATE INDEX embedding_queue_by_seq ON embedding_queue (queued_seq)',

  `CREATE TABLE changes (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    op            TEXT NOT NULL CHECK (op IN ('create', 'update', 'delete', 'embed')),
    entry_id      TEXT NOT NULL,
    entry_key     INTEGER NOT NULL,
    type          TEXT NOT NULL,
    category_code TEXT NOT NULL,
    version       INTEGER NOT NULL,
    vector_id     INTEGER,
    nonce         TEXT NOT NULL,
    at_ms         INTEGER NOT NULL
  ) STRICT`,

  `CREATE TABLE idempotency_keys (
    owner         TEXT NOT NULL,
    key           TEXT NOT NULL,
    request_hash  TEXT NOT NULL,
    outcome       TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
  ) STRICT`,
  'CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at_ms)',

  `CREATE TABLE audit (
    audit_id INTEGER PRIMARY KEY AUTOINCREMENT,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    detail   TEXT NOT NULL,
    at_ms    INTEGER NOT NULL
  ) STRICT`,

  // token grows with every change of holder: fencing.
  `CREATE TABLE leases (
    name          TEXT PRIMARY KEY,
    holder        TEXT NOT NULL,
    token         INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,

  CREATE_FTS_TABLE,
];

export const initial: Migration = {
  version: 1,
  name: 'initial',
  async up(session, { nowMs }) {
    for (const statement of TABLES) await session.run(statement);
    await session.run(
      `INSERT INTO meta (name, value) VALUES ('database_uuid', lower(hex(randomblob(16)))), ('epoch', '1')`,
    );
    for (const { code, name, description } of SEEDED_CATEGORIES) {
      await session.run('INSERT INTO categories VALUES (?, ?, ?, ?)', [code, name, description, nowMs]);
    }
  },
};
