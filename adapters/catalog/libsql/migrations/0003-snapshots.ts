import type { Migration } from './migration.ts';

/**
 * Files of index snapshots, for services without a file system. A file's content is a blob in parts,
 * which never changes but by growing; a folder's rows say which blobs it holds, and are replaced in one
 * transaction. Empty wherever snapshots lie on a disk.
 */
const STATEMENTS: readonly string[] = [
  `CREATE TABLE snapshot_files (
    folder     TEXT NOT NULL,
    name       TEXT NOT NULL,
    blob       TEXT NOT NULL,
    parts      INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (folder, name)
  ) STRICT, WITHOUT ROWID`,

  // When a folder named it last; null while one does.
  `CREATE TABLE snapshot_blobs (
    blob             TEXT PRIMARY KEY,
    unnamed_since_ms INTEGER
  ) STRICT, WITHOUT ROWID`,

  // With a rowid: a search by key then passes no megabytes of other rows.
  `CREATE TABLE snapshot_parts (
    blob  TEXT NOT NULL,
    part  INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (blob, part)
  ) STRICT`,
];

export const snapshots: Migration = {
  version: 3,
  name: 'snapshots',
  async up(session) {
    for (const statement of STATEMENTS) await session.run(statement);
  },
};
