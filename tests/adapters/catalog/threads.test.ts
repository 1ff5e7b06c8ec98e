import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openLibsqlCatalog } from '../../../adapters/catalog/libsql/open.ts';
import { SharedThread } from '../../../adapters/catalog/libsql/thread/shared-thread.ts';
import { SqliteConnection } from '../../../adapters/catalog/libsql/sqlite-connection.ts';
import { done, experience, write } from '../../conformance/catalog/fixture.ts';
import { compiledEntry } from '../../support/compiled-entry.ts';
import { temporaryCatalog } from './temporary-catalog.ts';

const threads = async () => ({
  writerThread: await compiledEntry('src/entry/writer-thread.ts'),
  readerThread: await compiledEntry('src/entry/reader-thread.ts'),
});

test('a writer thread that dies leaves an unknown outcome, and the next write starts another', async () => {
  const faults: unknown[] = [];
  const quiet = () => undefined;
  const fixture = await temporaryCatalog({
    writerThread: await compiledEntry('tests/adapters/catalog/dying-writer-thread.ts'),
    logger: { debug: quiet, info: quiet, error: quiet, warn: (_fields, message) => faults.push(message) },
  });
  const { catalog, path } = fixture;
  await done(catalog, experience(1));
  writeFileSync(`${path}.arm`, '');
  const idempotency = { owner: 'o', key: 'k', requestHash: 'h', extras: null };
  const lost = experience(2, { idempotency });
  await expect(catalog.writer.commit([lost])).rejects.toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    retryable: true,
  });

  const repeated = await done(catalog, lost);
  expect([repeated.replayed, repeated.seq]).toEqual([true, 2]);
  expect((await done(catalog, experience(3))).seq).toBe(3);
  expect(faults).toEqual(['A thread of the database ended; 1 calls were under way.']);
  await fixture.dispose();
});

test('refusals and their hints cross the thread', async () => {
  const fixture = await temporaryCatalog(await threads());
  const [outcome] = await write(fixture.catalog, experience(1, { categoryCode: 'NOPE' }));
  expect(outcome).toEqual({
    ok: false,
    error: { code: 'NOT_FOUND', message: 'There is no category NOPE.', retryable: false },
  });
  expect(await fixture.catalog.bindFingerprint('a@1/4')).toBe('a@1/4');
  expect(await fixture.catalog.bindFingerprint('b@1/4')).toBe('a@1/4');
  await fixture.dispose();
});

test('a thread that cannot open the database says why', async () => {
  const fixture = await temporaryCatalog();
  const connection = new SqliteConnection({ path: fixture.path, busyTimeoutMs: 50, readOnly: false });
  await connection.run(`UPDATE meta SET value = '999' WHERE name = 'schema_version'`);
  connection.close();
  await expect(openLibsqlCatalog({ path: fixture.path, ...(await threads()) })).rejects.toMatchObject({
    code: 'CONFIGURATION',
    hint: expect.stringContaining('newer'),
  });
  await fixture.dispose();
});

test('a closed catalog says so', async () => {
  const fixture = await temporaryCatalog(await threads());
  const { catalog } = fixture;
  await catalog.close();
  await expect(catalog.writer.commit([experience(1)])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await fixture.dispose();
});

test('another process that holds the lock delays a write and nobody else', async () => {
  const fixture = await temporaryCatalog({ ...(await threads()), busyTimeoutMs: 30_000 });
  const { catalog, path } = fixture;
  const program = fileURLToPath(await compiledEntry('tests/adapters/catalog/lock-holder.ts'));
  const holder = spawn(process.execPath, [program, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(holder, 'exit');
  const [first] = (await Promise.race([once(holder.stdout, 'data'), exited])) as [unknown];
  expect(String(first)).toBe('locked');

  let written = false;
  const writing = catalog.writer.commit([experience(1)]).then((report) => {
    written = true;
    return report;
  });
  // The serving thread goes on reading while the writer's thread waits for the lock.
  for (let turn = 0; turn < 20; turn++) expect((await catalog.reader.categories()).length).toBeGreaterThan(0);
  expect(written).toBe(false);
  holder.stdin.write('release');
  expect((await writing).outcomes[0]).toMatchObject({ ok: true, seq: 1 });
  expect(await exited).toEqual([0, null]);
  expect((await done(catalog, experience(2))).seq).toBe(2);
  const again = await fixture.reopen();
  expect((await again.reader.entriesByIds(['EXP-TST-1', 'EXP-TST-2'])).length).toBe(2);
  await fixture.dispose();
});

test('a shared thread that ends takes no catalog with it: each goes on upon the next one', async () => {
  const entry = await compiledEntry('src/entry/database-thread.ts');
  const writer = new SharedThread(entry, 'writer');
  const reader = new SharedThread(entry, 'reader');
  const shared = { writerThread: writer, readerThread: reader };
  const [first, second] = [await temporaryCatalog(shared), await temporaryCatalog(shared)];
  await done(first.catalog, experience(1));
  await first.dispose();
  expect((await done(second.catalog, experience(1))).seq, 'one catalog closed, the other goes on').toBe(1);
  await writer.close();
  await reader.close();
  expect((await done(second.catalog, experience(2))).seq).toBe(2);
  expect((await second.catalog.reader.counts()).experiences).toBe(2);
  await second.dispose();
  await writer.close();
  await reader.close();
});
