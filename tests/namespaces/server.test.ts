import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openNamespaceRegistry } from '../../adapters/catalog/libsql/remote/open-remote.ts';
import { namespacesResponse } from '../../src/service/contract/namespaces.ts';
import { freshEnvironment, startService, type RunningService } from '../cli/running-service.ts';
import { Client } from '../http/support/client.ts';
import { Sqld, whyNoSqld } from '../support/sqld.ts';

const ABSENT = whyNoSqld();
const ADMIN_KEY = 'key-of-the-server';
const HEARD_MAX_MS = 30_000;

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** With namespaces enabled sqld takes the first label of a dotted host, an address too, for one. */
const byName = (url: string): string => url.replace('127.0.0.1', 'localhost');

const variables = (server: Sqld) => ({
  CHL_NAMESPACES: 'on',
  CHL_DATABASE_URL: byName(server.url),
  CHL_DATABASE_ADMIN_URL: server.adminUrl,
  CHL_DATABASE_ADMIN_KEY: ADMIN_KEY,
  CHL_REPLICA_POLL_MS: '50',
  CHL_EMBEDDER: 'hash',
  CHL_INDEX_HOST: 'inline',
});

/** Two services on one server, each namespace a database of it. */
describe.skipIf(ABSENT !== null)(
  `namespaces on a libSQL server${ABSENT === null ? '' : ` (skipped: ${ABSENT})`}`,
  () => {
    let sqld: Sqld;
    let first: RunningService;
    let second: RunningService;
    const disposals: (() => Promise<void>)[] = [];

    async function start(): Promise<RunningService> {
      const { environment, dispose } = await freshEnvironment(variables(sqld));
      disposals.push(dispose);
      return startService(environment);
    }

    beforeAll(async () => {
      sqld = await Sqld.start(['--enable-namespaces', '--admin-auth-key', ADMIN_KEY]);
      [first, second] = [await start(), await start()];
    });
    afterAll(async () => {
      await first?.stop();
      await second?.stop();
      await sqld?.stop();
      for (const dispose of disposals) await dispose();
    });

    test('made through one replica, used through both; nothing crosses', async () => {
      await make(first, 'a');
      await make(second, 'b');
      await inside(first, 'a').write('Alpha notes', 'The word is quokka');
      await inside(second, 'b').write('Beta notes', 'The word is quokka');
      await inside(first, '').write('Outer notes', 'The word is quokka');
      for (const service of [first, second]) {
        expect(await listed(service)).toEqual(['a', 'b']);
        for (const [name, title] of [
          ['a', 'Alpha notes'],
          ['b', 'Beta notes'],
          ['', 'Outer notes'],
        ] as const)
          await expect
            .poll(() => titles(service, name), { timeout: HEARD_MAX_MS, message: `"${name}"` })
            .toEqual([title]);
        await inside(service, 'typo').refused(inside(service, 'typo').send('GET', '/health'), 404);
      }
    });

    test('what is taken is taken for both', async () => {
      await operator(second).refused(operator(second).post('/admin/namespaces', { name: 'a' }), 409);
    });

    test('deleted through one, it is closed by the other, which never sees the next one of that name through it', async () => {
      await make(first, 'short');
      const { seq } = await inside(first, 'short').write('Soon gone', 'Nobody finds it');
      expect((await inside(second, 'short').read({ query: 'gone' }, { 'X-CHL-Min-Seq': seq })).count).toBe(1);

      expect((await operator(first).post('/admin/namespaces/delete', { name: 'short' })).status).toBe(200);
      await inside(first, 'short').refused(inside(first, 'short').send('GET', '/health'), 404);
      await make(first, 'short');
      // Until it has heard of it, the other may be without a database; it never has the wrong one.
      await expect
        .poll(async () => (await inside(second, 'short').send('GET', '/api/v1/categories/')).status, {
          timeout: HEARD_MAX_MS,
        })
        .toBe(200);
      expect(await titles(second, 'short')).toEqual([]);
      await inside(second, 'short').write('Written anew', 'By the other one');
      await expect.poll(() => titles(first, 'short'), { timeout: HEARD_MAX_MS }).toEqual(['Written anew']);
      expect(await placesOf(second, 'short'), 'the former index is gone').toHaveLength(1);
      expect((await operator(second).post('/admin/namespaces/delete', { name: 'short' })).status).toBe(200);
      await expect.poll(() => placesOf(first, 'short'), { timeout: HEARD_MAX_MS }).toEqual([]);
    });

    test('all of it outlives the services and the server; a deletion that was cut short is finished', async () => {
      await make(first, 'half-deleted');
      await inside(first, 'half-deleted').write('Left over', 'On the server');
      await first.stop();
      await second.stop();
      const registry = openNamespaceRegistry({ url: byName(sqld.url), authToken: null });
      const place = (await registry.retire('half-deleted'))!;
      expect(await onServer(place)).toBe(200);
      await sqld.kill();
      await sqld.restart();

      [first, second] = [await startService(first.environment), await startService(second.environment)];
      expect(await onServer(place)).toBe(404);
      expect(await registry.retired()).toEqual([]);
      registry.close();
      expect(await placesOf(first, 'half-deleted')).toEqual([]);
      for (const service of [first, second]) {
        expect(await listed(service)).toEqual(['a', 'b']);
        expect(await titles(service, 'a')).toEqual(['Alpha notes']);
        expect(await titles(service, 'b')).toEqual(['Beta notes']);
      }
    });

    test.each([
      ['a wrong key', { CHL_DATABASE_ADMIN_KEY: 'wrong' }, 'CONFIGURATION', 'refuses the key'],
      ['no key', { CHL_DATABASE_ADMIN_KEY: '' }, 'CONFIGURATION', 'refuses the key'],
      ['nobody there', { CHL_DATABASE_ADMIN_URL: 'http://127.0.0.1:9' }, 'UNAVAILABLE', 'does not answer'],
    ])('%s: the start is refused in words', async (_, wrong, code, words) => {
      const { environment, dispose } = await freshEnvironment({ ...variables(sqld), ...wrong });
      onTestFinished(dispose);
      await expect(startService(environment)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(words),
      });
    });

    test.each([
      [
        'the address of the databases for the admin API',
        'CHL_DATABASE_ADMIN_URL',
        'CONFIGURATION',
        'no admin API',
      ],
      ['a dotted host, of which sqld takes a label', 'CHL_DATABASE_URL', 'UNAVAILABLE', 'no such database'],
    ])('%s: the start is refused in words', async (_, variable, code, words) => {
      const { environment, dispose } = await freshEnvironment({ ...variables(sqld), [variable]: sqld.url });
      onTestFinished(dispose);
      await expect(startService(environment)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(words),
      });
    });

    const onServer = async (place: string): Promise<number> =>
      (
        await fetch(`${sqld.adminUrl}/v1/namespaces/${place}/config`, {
          headers: { Authorization: `basic ${ADMIN_KEY}` },
        })
      ).status;
  },
);

test.skipIf(ABSENT !== null)(
  'a server that was not told to enable namespaces has them by path all the same',
  async () => {
    const sqld = await Sqld.start();
    onTestFinished(() => sqld.stop());
    const { environment, dispose } = await freshEnvironment({
      ...variables(sqld),
      CHL_DATABASE_URL: sqld.url,
    });
    onTestFinished(dispose);
    const service = await startService(environment);
    onTestFinished(service.stop);
    await make(service, 'a');
    await inside(service, 'a').write('Alpha notes', 'Inside');
    expect([await titles(service, 'a'), await titles(service, '')]).toEqual([['Alpha notes'], []]);
  },
);

const inside = ({ url }: RunningService, name: string): Client =>
  new Client(name === '' ? url : `${url}/ns/${name}`);

const operator = (service: RunningService): Client => inside(service, '');

async function make(service: RunningService, name: string): Promise<void> {
  const response = await operator(service).post('/admin/namespaces', { name });
  expect(response.status, await response.text()).toBe(200);
}

async function listed(service: RunningService): Promise<readonly string[]> {
  const { namespaces } = await operator(service).ok(
    namespacesResponse,
    operator(service).send('GET', '/admin/namespaces'),
  );
  return namespaces.map(({ name }) => name);
}

const titles = async (service: RunningService, name: string): Promise<readonly string[]> =>
  (await inside(service, name).read({ query: 'notes' })).entries.map(({ title }) => title ?? '');

/** The folders of indexes that a replica has for a name. */
const placesOf = async ({ environment }: RunningService, name: string): Promise<readonly string[]> =>
  (await readdir(join(environment['CHL_DATA_DIR']!, 'namespace-indexes'))).filter((place) =>
    place.startsWith(`${name}-`),
  );
