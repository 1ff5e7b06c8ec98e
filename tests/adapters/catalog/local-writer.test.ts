import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LocalReader } from '../../../adapters/catalog/libsql/local-reader.ts';
import { LocalWriter, type WriterFault } from '../../../adapters/catalog/libsql/local-writer.ts';
import { LibsqlReader } from '../../../adapters/catalog/libsql/reader.ts';
import { SqliteConnection } from '../../../adapters/catalog/libsql/sqlite-connection.ts';
import { asSeq } from '../../../src/core/ids.ts';
import { experience } from '../../conformance/catalog/fixture.ts';
import { FaultyConnection, type Fault } from './faulty-connection.ts';

const CHECKPOINT = 'PRAGMA wal_checkpoint(TRUNCATE)';

let folder: string;
let path: string;
let log: string[];
let faults: WriterFault[];
let fault: Fault;
let opened: number;
/** Thrown by that many of the next attempts to connect. */
let refusals: number;
let writer: LocalWriter;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chl-writer-'));
  path = join(folder, 'chl.db');
  log = [];
  faults = [];
  fault = () => null;
  opened = 0;
  refusals = 0;
  writer = await LocalWriter.open({
    connect: () => {
      opened += 1;
      if (refusals-- > 0) throw Object.assign(new Error('no room'), { code: 'SQLITE_CANTOPEN' });
      return new FaultyConnection({ path, busyTimeoutMs: 50, readOnly: false }, (sql) => fault(sql), log);
    },
    onFault: (found) => faults.push(found),
  });
});

afterEach(async () => {
  await writer.close();
  await rm(folder, { recursive: true, force: true });
});

/** Seen by another connection: what is really in the file. */
async function storedIds(): Promise<readonly string[]> {
  const reader = new LocalReader(() => new SqliteConnection({ path, busyTimeoutMs: 50, readOnly: true }));
  const entries = await new LibsqlReader({ near: reader, far: reader }).page(asSeq(0) as never, 100);
  reader.close();
  return entries.map(({ id }) => id);
}

const once = (match: RegExp, code: string, afterwards = false): Fault => {
  let left = 1;
  return (sql) => (match.test(sql) && left-- > 0 ? { code, afterwards } : null);
};

describe('a group', () => {
  test('is one transaction, whatever its size', async () => {
    await writer.commit([experience(0)]);
    log.length = 0;
    await writer.commit(Array.from({ length: 50 }, (_, index) => experience(index + 1)));
    expect(log.filter((sql) => sql === 'BEGIN IMMEDIATE')).toHaveLength(1);
    expect(log.filter((sql) => sql === 'COMMIT')).toHaveLength(1);
    expect(log.filter((sql) => sql.startsWith('SAVEPOINT'))).toHaveLength(50);
    expect(log).not.toContain(CHECKPOINT);
  });

  test('is proven to be on disk after a start, before the first answer', async () => {
    log.length = 0;
    await writer.commit([experience(1)]);
    expect(log.indexOf(CHECKPOINT)).toBeGreaterThanOrEqual(0);
    expect(log.indexOf(CHECKPOINT)).toBeLessThan(log.indexOf('COMMIT'));
  });
});

describe('a failed COMMIT', () => {
  test.each([
    ['that did not take effect', false, []],
    ['that did', true, ['EXP-TST-1']],
  ])(
    '%s is an unknown outcome; the next write is on a new, proven connection',
    async (_name, afterwards, kept) => {
      await writer.commit([]);
      fault = once(/^COMMIT$/, 'SQLITE_IOERR_FSYNC', afterwards);
      await expect(writer.commit([experience(1)])).rejects.toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        retryable: true,
      });
      expect(await storedIds()).toEqual(kept);

      log.length = 0;
      const before = opened;
      const report = await writer.commit([experience(2)]);
      expect(opened).toBe(before + 1);
      expect(log.indexOf(CHECKPOINT)).toBeLessThan(log.indexOf('COMMIT'));
      expect(report.outcomes[0]).toMatchObject({ ok: true, seq: kept.length + 1 });
      expect(await storedIds()).toEqual([...kept, 'EXP-TST-2']);
      expect(faults.map(({ sqliteCode }) => sqliteCode)).toContain('SQLITE_IOERR_FSYNC');
    },
  );

  test('for want of room is known not to have happened', async () => {
    fault = once(/^COMMIT$/, 'SQLITE_FULL');
    await expect(writer.commit([experience(1)])).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(await storedIds()).toEqual([]);
    expect((await writer.commit([experience(2)])).after.seq).toBe(1);
  });

  test('for want of room is known not to have happened, even when nobody can look', async () => {
    fault = once(/^COMMIT$/, 'SQLITE_FULL');
    refusals = 1;
    await expect(writer.commit([experience(1)])).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(refusals).toBeLessThan(1);
    expect(faults.map(({ sqliteCode }) => sqliteCode)).toEqual(['SQLITE_FULL', 'SQLITE_CANTOPEN']);
    expect(await storedIds()).toEqual([]);
    expect((await writer.commit([experience(2)])).after.seq).toBe(1);
  });

  test('for want of room, of a group that changes no entry, has not happened either', async () => {
    await writer.commit([experience(1)]);
    fault = once(/^COMMIT$/, 'SQLITE_FULL');
    const act = { kind: 'audit', actor: 'tester', atMs: 1, action: 'index.save', detail: {} } as const;
    await expect(writer.commit([act])).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  });

  test('for want of room that nevertheless shows is an unknown outcome', async () => {
    fault = once(/^COMMIT$/, 'SQLITE_FULL', true);
    await expect(writer.commit([experience(1)])).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(await storedIds()).toEqual(['EXP-TST-1']);
  });
});

describe('a failed statement', () => {
  test.each([
    ['SQLITE_FULL', 'STORAGE_FULL'],
    ['SQLITE_IOERR_WRITE', 'UNAVAILABLE'],
    ['SQLITE_CORRUPT', 'CORRUPT'],
  ])('of %s undoes the whole group: %s', async (code, answer) => {
    fault = once(/^INSERT INTO embeddings/, code);
    await expect(writer.commit([experience(1), experience(2)])).rejects.toMatchObject({ code: answer });
    expect(await storedIds()).toEqual([]);
    expect((await writer.commit([experience(3)])).after.seq).toBe(1);
  });

  test('of its own fault undoes one operation, and its cause is told to the log only', async () => {
    fault = once(/^INSERT INTO entry_history/, 'SQLITE_CONSTRAINT');
    const { outcomes, after } = await writer.commit([experience(1), experience(2)]);
    expect(outcomes[0]).toMatchObject({ ok: false, error: { code: 'INTERNAL' } });
    expect(outcomes[1]).toMatchObject({ ok: true, seq: 1 });
    expect(after.seq).toBe(1);
    expect(JSON.stringify(outcomes)).not.toContain('injected');
    expect(faults).toMatchObject([{ sqliteCode: 'SQLITE_CONSTRAINT', cause: 'injected SQLITE_CONSTRAINT' }]);
  });
});

describe('a database that may not grow', () => {
  test('refuses with nothing half-written, and still reads, and writes again when there is room', async () => {
    await writer.commit([experience(1)]);
    await writer.close();
    let pagesMax = 60;
    writer = await LocalWriter.open({
      connect: () => {
        const connection = new SqliteConnection({ path, busyTimeoutMs: 50, readOnly: false });
        void connection.first(`PRAGMA max_page_count = ${pagesMax}`);
        return connection;
      },
      onFault: (found) => faults.push(found),
    });
    const large = experience(2, { body: 'word '.repeat(100_000) });
    await expect(writer.commit([large, experience(3)])).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(await storedIds()).toEqual(['EXP-TST-1']);
    pagesMax = 1_000_000;
    await expect(writer.commit([experience(4)])).resolves.toMatchObject({ after: { seq: 2 } });
    await expect(writer.commit([large])).resolves.toMatchObject({ after: { seq: 3 } });
  });
});

describe('a lock held by somebody else', () => {
  test('refuses the group as not done; the next one is written', async () => {
    await writer.commit([]);
    const other = new SqliteConnection({ path, busyTimeoutMs: 50, readOnly: false });
    await other.run('BEGIN IMMEDIATE');
    await expect(writer.commit([experience(1)])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
    });
    await other.run('ROLLBACK');
    other.close();
    expect((await writer.commit([experience(2)])).after.seq).toBe(1);
    expect(await storedIds()).toEqual(['EXP-TST-2']);
  });

  test('keeps a recovering writer from acknowledging until the log is on disk', async () => {
    await writer.commit([]);
    fault = once(/^COMMIT$/, 'SQLITE_IOERR_FSYNC', true);
    await expect(writer.commit([experience(1)])).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    const other = new SqliteConnection({ path, busyTimeoutMs: 50, readOnly: true });
    await other.run('BEGIN');
    await other.first('SELECT count(*) FROM entries');
    await expect(writer.commit([experience(2)])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await storedIds()).toEqual(['EXP-TST-1']);
    await other.run('ROLLBACK');
    other.close();
    expect((await writer.commit([experience(2)])).after.seq).toBe(2);
  });
});
