import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createNamespaceResponse,
  deleteNamespaceResponse,
  namespacesResponse,
} from '../../src/service/contract/namespaces.ts';
import { freshEnvironment, startService, type RunningService } from '../cli/running-service.ts';
import { Client } from '../http/support/client.ts';

/** Keys by what they may: bound to one namespace, to two, to none. */
const KEYS = {
  annInA: 'key-of-ann-in-a',
  bobInB: 'key-of-bob-in-b',
  carBoth: 'key-of-car-in-both',
  danRead: 'key-of-dan-reading-a',
  evaAdminA: 'key-of-eva-admin-of-a',
  joeOutside: 'key-of-joe-outside',
  root: 'key-of-the-operator',
} as const;
type KeyName = keyof typeof KEYS;

let service: RunningService;
let dataDir: string;
let dispose: () => Promise<void>;

const as = (key: KeyName | null, base = ''): Client =>
  new Client(service.url + base, key === null ? {} : { Authorization: `Bearer ${KEYS[key]}` });
const operator = (): Client => as('root');

beforeAll(async () => {
  const fresh = await freshEnvironment({
    CHL_NAMESPACES: 'on',
    CHL_EMBEDDER: 'hash',
    CHL_API_KEYS: [
      `ann:write@a:${KEYS.annInA}`,
      `bob:write@b:${KEYS.bobInB}`,
      `car:write@a+b:${KEYS.carBoth}`,
      `dan:read@a:${KEYS.danRead}`,
      `eva:admin@a:${KEYS.evaAdminA}`,
      `joe:write:${KEYS.joeOutside}`,
      `ops:admin:${KEYS.root}`,
    ].join(','),
  });
  dispose = fresh.dispose;
  dataDir = fresh.environment['CHL_DATA_DIR']!;
  service = await startService(fresh.environment);
  for (const name of ['a', 'b'])
    await operator().ok(createNamespaceResponse, operator().post('/admin/namespaces', { name }));
});
afterAll(async () => {
  await service?.stop();
  await dispose?.();
});

/** A request as it is written: `fetch` would tidy the path up first. */
async function raw(path: string, key: KeyName | null): Promise<number> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  const authorization = key === null ? '' : `Authorization: Bearer ${KEYS[key]}\r\n`;
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${authorization}Connection: close\r\n\r\n`,
  );
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

const status = async (key: KeyName | null, path: string): Promise<number> => {
  const response = await as(key).send('GET', path);
  await response.body?.cancel();
  return response.status;
};

describe('keys', () => {
  const READ = '/api/v1/categories/';
  /** Which of them each key opens; everything else is refused. */
  const OPENS: Readonly<Record<KeyName, readonly string[]>> = {
    annInA: ['/ns/a'],
    bobInB: ['/ns/b'],
    carBoth: ['/ns/a', '/ns/b'],
    danRead: ['/ns/a'],
    evaAdminA: ['/ns/a'],
    joeOutside: [''],
    root: ['', '/ns/a', '/ns/b'],
  };

  for (const [key, opens] of Object.entries(OPENS) as [KeyName, readonly string[]][]) {
    test(`${key} opens ${opens.map((base) => base || 'the service itself').join(', ')} and nothing else`, async () => {
      for (const base of ['', '/ns/a', '/ns/b'])
        expect(await status(key, base + READ), base).toBe(opens.includes(base) ? 200 : 403);
      expect(await status(key, '/ns/nowhere/api/v1/categories/')).toBe(key === 'root' ? 404 : 403);
    });
  }

  test('without a key, or with a wrong one: 401 for every name, taken or not', async () => {
    for (const name of ['a', 'b', 'nowhere']) {
      for (const path of ['/health', '/health/live', READ, '/metrics', '/mcp', '/nothing'])
        expect(await status(null, `/ns/${name}${path}`), name + path).toBe(401);
      const wrong = new Client(`${service.url}/ns/${name}`, { Authorization: 'Bearer wrong' });
      await wrong.refused(wrong.send('GET', READ), 401);
    }
  });

  test('a refusal tells nothing: the same words for a namespace that is there and one that is not', async () => {
    const words = async (name: string): Promise<unknown> => {
      const client = as('annInA', `/ns/${name}`);
      return {
        ...(await client.refused(client.post('/api/v1/search/', { query: 'x' }), 403)),
        request_id: '',
      };
    };
    expect(await words('b')).toEqual(await words('nowhere'));
  });

  test('a role holds inside the namespace, and only there', async () => {
    const dan = as('danRead', '/ns/a');
    await dan.refused(dan.post('/api/v1/entries/write', {}), 403);
    const eva = as('evaAdminA', '/ns/a');
    expect((await eva.post('/admin/index/save', {})).status).toBe(200);
    await eva.refused(eva.post('/admin/namespaces', { name: 'inner' }), 404);
    await as('evaAdminA').refused(as('evaAdminA').post('/admin/namespaces', { name: 'c' }), 403);
    await as('joeOutside').refused(as('joeOutside').send('GET', '/admin/namespaces'), 403);
  });

  test('pages need no key, are the same for every name, and open nothing', async () => {
    const before = await operator().ok(namespacesResponse, operator().send('GET', '/admin/namespaces'));
    const page = async (name: string, path: string): Promise<string> => {
      const response = await as(null).send('GET', `/ns/${name}${path}`);
      expect(response.status, name + path).toBe(200);
      return (await response.text()).replaceAll(`/ns/${name}`, '');
    };
    for (const path of ['', '/', '/ui/browse', '/ui/assets/base.js', '/ui/caller', '/docs', '/openapi.json'])
      expect(await page('a', path), path).toBe(await page('nowhere', path));
    const after = await operator().ok(namespacesResponse, operator().send('GET', '/admin/namespaces'));
    expect(after.open).toBe(before.open);
    expect(await status('bobInB', '/ns/a/ui/caller')).toBe(403);
  });
});

describe('names', () => {
  test('tricks with the path reach nothing but what the key opens', async () => {
    const to = (middle: string): string => `/ns/${middle}/api/v1/categories/`;
    const none = [
      '.',
      '',
      'b%2F..%2Fa',
      'a%2f',
      '..%2fb',
      'a%00',
      'a%20',
      'A',
      '%41',
      'a.',
      'a;b',
      '%EF%BD%81',
    ];
    for (const middle of none) expect(await raw(to(middle), 'root'), middle).toBe(404);
    // What an address means is settled before the key is judged: these are other ways to write b.
    for (const middle of ['a/../b', 'a/%2e%2e/b', '%62', './b'])
      expect([await raw(to(middle), 'annInA'), await raw(to(middle), 'bobInB')], middle).toEqual([403, 200]);
    for (const middle of ['..', '%2e%2e', '%2E.'])
      expect([await raw(to(middle), 'annInA'), await raw(to(middle), 'joeOutside')], middle).toEqual([
        403, 200,
      ]);
    expect(await raw('/ns/a/../../api/v1/categories/', 'annInA')).toBe(403);
    expect(await raw('/ns/a/ns/b/api/v1/categories/', 'annInA')).toBe(404);
    expect(await raw('//ns/a/api/v1/categories/', 'annInA')).toBe(404);
  });

  test('a name that breaks the rule makes nothing', async () => {
    for (const name of ['../x', 'A', 'a/b', '', '.', '..', 'admin', 'x'.repeat(49), 'é', 7, null]) {
      const refused = await operator().refused(operator().post('/admin/namespaces', { name }), 400);
      expect(refused.detail).toMatch(/^name /);
    }
    expect((await readdir(join(dataDir, 'namespaces'))).toSorted()).toEqual(['a', 'b']);
  });

  test('no address makes a namespace', async () => {
    await operator().refused(operator().send('GET', '/ns/typo/health'), 404);
    expect(await readdir(join(dataDir, 'namespaces'))).not.toContain('typo');
  });
});

describe('what an administrator does', () => {
  test('a namespace is made once, listed, and deleted with what is in it', async () => {
    const admin = operator();
    await admin.ok(createNamespaceResponse, admin.post('/admin/namespaces', { name: 'short-lived' }));
    await admin.refused(admin.post('/admin/namespaces', { name: 'short-lived' }), 409);
    const inside = as('root', '/ns/short-lived');
    await inside.write('Soon gone', 'Nobody will find it');
    await admin.ok(deleteNamespaceResponse, admin.post('/admin/namespaces/delete', { name: 'short-lived' }));
    await inside.refused(inside.send('GET', '/health'), 404);
    await admin.refused(admin.post('/admin/namespaces/delete', { name: 'short-lived' }), 404);
    expect((await readdir(join(dataDir, 'namespaces'))).toSorted()).toEqual(['a', 'b']);

    await admin.ok(createNamespaceResponse, admin.post('/admin/namespaces', { name: 'short-lived' }));
    expect((await inside.read({ query: 'gone' })).count, 'nothing of the former one').toBe(0);
    await admin.ok(deleteNamespaceResponse, admin.post('/admin/namespaces/delete', { name: 'short-lived' }));
  });

  test('a deletion ends the streams of the namespace', async () => {
    const admin = operator();
    await admin.ok(createNamespaceResponse, admin.post('/admin/namespaces', { name: 'streamed' }));
    const stream = await as('root').send('GET', '/ns/streamed/api/v1/changes', undefined, {
      Accept: 'text/event-stream',
    });
    await admin.ok(deleteNamespaceResponse, admin.post('/admin/namespaces/delete', { name: 'streamed' }));
    await stream.text();
  });
});

test('without CHL_NAMESPACES nothing of it is there, and a bound key opens nothing', async () => {
  const fresh = await freshEnvironment({
    CHL_EMBEDDER: 'hash',
    CHL_API_KEYS: `ann:admin@a:${KEYS.annInA},ops:admin:${KEYS.root}`,
  });
  const plain = await startService(fresh.environment);
  const ops = new Client(plain.url, { Authorization: `Bearer ${KEYS.root}` });
  await ops.refused(ops.send('GET', '/ns/a/health'), 404);
  await ops.refused(ops.send('GET', '/admin/namespaces'), 404);
  const ann = new Client(plain.url, { Authorization: `Bearer ${KEYS.annInA}` });
  await ann.refused(ann.send('GET', '/api/v1/categories/'), 403);
  expect(await readdir(fresh.environment['CHL_DATA_DIR']!)).not.toContain('namespaces');
  await plain.stop();
  await fresh.dispose();
});
