import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRemoteCatalog } from '../../../adapters/catalog/libsql/remote/open-remote.ts';
import { LibsqlFiles } from '../../../adapters/files/libsql/libsql-files.ts';
import {
  connectSnapshotDatabase,
  type SnapshotDatabase,
} from '../../../adapters/files/libsql/snapshot-database.ts';
import { filesSuite } from '../../conformance/files.suite.ts';
import { Sqld, whyNoSqld } from '../../support/sqld.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';

const MEBIBYTE = 1024 * 1024;
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const obstacle = whyNoSqld();
describe.skipIf(obstacle !== null)(
  `files in a libSQL database${obstacle === null ? '' : `: ${obstacle}`}`,
  () => {
    let sqld: Sqld;
    let database: SnapshotDatabase;
    beforeAll(async () => {
      sqld = await Sqld.start();
      await (await openRemoteCatalog({ url: sqld.url, authToken: null })).close();
      database = connectSnapshotDatabase(sqld.url, null);
    }, 120_000);
    afterAll(() => sqld?.stop());

    const always = async (): Promise<boolean> => true;
    const opened = (folder: string, mayStore = always): Promise<LibsqlFiles> =>
      LibsqlFiles.open({ database, folder, mayStore });
    const count = async (sql: string): Promise<number> => Number((await database.reads.first(sql))?.['n']);
    const unnamed = 'SELECT count(*) AS n FROM snapshot_blobs WHERE unnamed_since_ms IS NOT NULL';

    filesSuite(vitestRegistrar, 'libsql', async () => ({
      files: await opened(crypto.randomUUID()),
      dispose: async () => undefined,
    }));

    test('another service sees a folder as it was synced, never a file more or less', async () => {
      const files = await opened('visible');
      await files.write('segment', [bytes(1, 2)]);
      await files.sync('segment');
      await files.write('manifest', [bytes(3)]);
      expect(await (await opened('visible')).list()).toEqual([]);
      await files.syncFolder();
      const other = await opened('visible');
      expect((await other.list()).toSorted()).toEqual(['manifest', 'segment']);

      await files.write('manifest.tmp', [bytes(4)]);
      await files.sync('manifest.tmp');
      await files.rename('manifest.tmp', 'manifest');
      await files.remove('segment');
      expect(await (await opened('visible')).read('manifest')).toEqual(bytes(3));
      await files.syncFolder();
      const newest = await opened('visible');
      expect(await newest.list()).toEqual(['manifest']);
      expect(await newest.read('manifest')).toEqual(bytes(4));
      // Whoever had it open goes on reading what was there then.
      expect(await other.read('segment')).toEqual(bytes(1, 2));
      expect(await other.read('manifest')).toEqual(bytes(3));
    });

    test('a synced append is there for others without a sync of the folder', async () => {
      const files = await opened('log');
      const log = await files.openAppend('log');
      await log.append(bytes(1));
      await log.sync();
      await files.syncFolder();
      await log.append(bytes(2, 3));
      expect(await (await opened('log')).read('log')).toEqual(bytes(1));
      await log.sync();
      expect(await (await opened('log')).read('log')).toEqual(bytes(1, 2, 3));

      const successor = await opened('log');
      const continued = await successor.openAppend('log');
      await continued.append(bytes(4));
      await continued.sync();
      expect(await (await opened('log')).read('log')).toEqual(bytes(1, 2, 3, 4));
      // The first one's file is still its own: neither writes into what the other has.
      expect(await files.read('log')).toEqual(bytes(1, 2, 3));
    });

    test('what is synced survives kill -9 of the server, in as many parts as it takes', async () => {
      const files = await opened('durable');
      const content = Uint8Array.from({ length: 2 * MEBIBYTE + 17 }, (_, at) => at % 251);
      await files.write('segment', [content]);
      await files.sync('segment');
      await files.syncFolder();
      await sqld.kill();
      await sqld.restart();
      const read = await (await opened('durable')).read('segment');
      expect(Buffer.from(content).equals(read!)).toBe(true);
      expect(
        await count(`SELECT count(*) AS n FROM snapshot_parts p JOIN snapshot_files f
      ON f.blob = p.blob WHERE f.folder = 'durable'`),
      ).toBe(3);
    });

    test('a service that may not store keeps what it writes to itself, until it may', async () => {
      let may = false;
      const follower = await opened('shared', async () => may);
      await follower.write('mine', [bytes(1)]);
      await follower.sync('mine');
      await follower.syncFolder();
      expect(await follower.read('mine')).toEqual(bytes(1));
      const keeper = await opened('shared');
      expect(await keeper.list()).toEqual([]);
      await keeper.write('theirs', [bytes(2)]);
      await keeper.syncFolder();

      may = true;
      await follower.syncFolder();
      const after = await opened('shared');
      expect(await after.list()).toEqual(['mine']);
      expect(await after.read('mine')).toEqual(bytes(1));
    });

    test('content that nothing names is cleared away after a day, and is not named again', async () => {
      const files = await opened('old');
      await files.write('a', [bytes(1)]);
      await files.syncFolder();
      const late = await opened('old');
      await files.remove('a');
      await files.write('b', [bytes(2)]);
      await files.syncFolder();
      expect(await count(unnamed)).toBeGreaterThan(0);
      await database.transact((session) =>
        session.run('UPDATE snapshot_blobs SET unnamed_since_ms = 1 WHERE unnamed_since_ms IS NOT NULL'),
      );
      await files.write('c', [bytes(3)]);
      await files.syncFolder();
      expect(await count(unnamed)).toBe(0);
      expect(
        await count(`SELECT count(*) AS n FROM snapshot_parts p WHERE NOT EXISTS
      (SELECT 1 FROM snapshot_files f WHERE f.blob = p.blob)`),
      ).toBe(0);

      await expect(late.read('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await late.write('d', [bytes(4)]);
      await expect(late.syncFolder()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect((await (await opened('old')).list()).toSorted()).toEqual(['b', 'c']);
    });

    test('without its server everything is UNAVAILABLE, and goes on when it is back', async () => {
      const files = await opened('away');
      await files.write('a', [bytes(1)]);
      await sqld.kill();
      await expect(files.sync('a')).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
      await expect(files.syncFolder()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(opened('away')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await sqld.restart();
      await files.syncFolder();
      expect(await (await opened('away')).read('a')).toEqual(bytes(1));
    });
  },
);
