import type { Migration } from './migration.ts';

/**
 * The namespaces of services whose database is on a server: each is a database of that server, at a
 * place whose name is used once. One without a name was deleted, and its data may still be there.
 * Empty wherever namespaces are folders.
 */
const STATEMENT = `CREATE TABLE namespaces (
  place         TEXT PRIMARY KEY,
  name          TEXT UNIQUE,
  created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

export const namespaces: Migration = {
  version: 4,
  name: 'namespaces',
  up: (session) => session.run(STATEMENT),
};
