import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalWriter } from '../../../adapters/catalog/libsql/local-writer.ts';
import { SqliteConnection } from '../../../adapters/catalog/libsql/sqlite-connection.ts';
import { checkTextIndex } from '../../../adapters/text/fts5/table.ts';
import { experience } from '../../conformance/catalog/fixture.ts';

let folder: string;
let path: string;
let faults: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chl-fts-'));
  path = join(folder, 'chl.db');
  faults = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const connect = (): SqliteConnection => new SqliteConnection({ path, busyTimeoutMs: 1000, readOnly: false });
const openWriter = (): Promise<LocalWriter> =>
  LocalWriter.open({ connect, onFault: ({ message }) => faults.push(message) });

async function onFile<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
  const connection = connect();
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

const isWhole = (): Promise<boolean> =>
  onFile(async (connection) => {
    await connection.run('BEGIN IMMEDIATE');
    try {
      await checkTextIndex(connection);
      return true;
    } catch {
      return false;
    } finally {
      await connection.run('ROLLBACK');
    }
  });

/**
 * The record of the index's structure (sqlite.org/fts5.html has no format; fts5_index.c does): a level of
 * 2^31 - 1 segments, an array FTS5 then asks memory for. Random blocks say the like in some runs.
 */
const HUGE_STRUCTURE = "X'00000000010101008FFFFFFF7F0000000000000000000000'";

const isRetryable = (error: unknown): void => expect(error).toMatchObject({ retryable: true });

const damages = [
  ['postings are zero', 'UPDATE entries_fts_data SET block = zeroblob(length(block)) WHERE id > 10'],
  ['postings are gone', 'DELETE FROM entries_fts_data WHERE id > 10'],
  ['nothing is left', 'DELETE FROM entries_fts_data'],
  ['every block is garbage', 'UPDATE entries_fts_data SET block = randomblob(length(block))'],
  ['the index claims 2^31 segments', `UPDATE entries_fts_data SET block = ${HUGE_STRUCTURE} WHERE id = 10`],
  ['lengths are gone', 'DELETE FROM entries_fts_docsize'],
  ['the format number is gone', 'DELETE FROM entries_fts_config'],
] as const;

async function threeEntries(): Promise<void> {
  const writer = await openWriter();
  await writer.commit([experience(1), experience(2), experience(3)]);
  await writer.close();
  expect(await isWhole()).toBe(true);
}

test.each(damages)('%s: found and rebuilt behind the first transaction of a start', async (_, sql) => {
  await threeEntries();
  await onFile((connection) => connection.run(sql));
  expect(await isWhole()).toBe(false);
  const writer = await openWriter();
  // This commit itself may meet the damage; then it is refused as a whole, and may be repeated.
  await writer.commit([experience(4)]).catch(() => writer.commit([experience(4)]));
  await writer.close();
  expect(await isWhole()).toBe(true);
  expect(faults).toContain('The writing connection is replaced after a failure.');
});

/** Small bytes pass FTS5's first checks as numbers, and lead further in than random ones. */
const bytes = fc
  .uint8Array({ minLength: 12, maxLength: 24 })
  .chain((wild) =>
    fc
      .array(fc.nat(3), { minLength: wild.length, maxLength: wild.length })
      .map((tame) => [...wild].map((byte, place) => (place % 3 === 0 ? byte : tame[place]!))),
  );

test('whatever the blocks say: after two writes at most they are taken again, after a start the index is whole', async () => {
  const garbage = fc.record({
    bytes: fc.oneof(bytes, fc.constant([0, 0, 0])),
    of: fc.constantFrom('id = 10', 'id > 0'),
  });
  await fc.assert(
    fc.asyncProperty(garbage, async (damage) => {
      await Promise.all(['', '-wal', '-shm'].map((end) => rm(`${path}${end}`, { force: true })));
      await threeEntries();
      const writer = await openWriter();
      await writer.commit([experience(4)]);
      await writer.commit([experience(5)]);
      const block = Buffer.from([0, 0, 0, 0, ...damage.bytes]).toString('hex');
      await onFile((connection) =>
        connection.run(`UPDATE entries_fts_data SET block = X'${block}' WHERE ${damage.of}`),
      );
      for (const n of [6, 7]) await writer.commit([experience(n)]).catch(isRetryable);
      const report = await writer.commit([experience(8)]);
      expect(report.outcomes[0]).toMatchObject({ ok: true });
      await writer.close();
      // A list of segments that is empty is no garbage to FTS5: only the check of a start sees that one.
      const next = await openWriter();
      await next.commit([experience(9)]).catch(isRetryable);
      await next.close();
      expect(await isWhole()).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test.each(damages)(
  '%s while the service runs: the write that meets it is refused, the next one mends it',
  async (_, sql) => {
    await threeEntries();
    const writer = await openWriter();
    await writer.commit([experience(4)]);
    // The check of the start is over when the next commit is answered.
    await writer.commit([experience(5)]);
    await onFile((connection) => connection.run(sql));
    for (const n of [6, 7]) await writer.commit([experience(n)]).catch(isRetryable);
    const report = await writer.commit([experience(8)]);
    expect(report.outcomes[0]).toMatchObject({ ok: true });
    await writer.close();
  },
);
