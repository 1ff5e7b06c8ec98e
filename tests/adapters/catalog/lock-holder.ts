import { SqliteConnection } from '../../../adapters/catalog/libsql/sqlite-connection.ts';

/** A program that takes the write lock of the database it is given, says so, and lets it go when spoken to. */
const connection = new SqliteConnection({
  path: process.argv[2] ?? '',
  busyTimeoutMs: 1000,
  readOnly: false,
});
await connection.run('BEGIN IMMEDIATE');
process.stdin.once('data', () => {
  void connection.run('COMMIT').then(() => {
    connection.close();
    process.stdin.destroy();
  });
});
process.stdout.write('locked');
