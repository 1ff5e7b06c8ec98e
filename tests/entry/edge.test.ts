import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { indexStatusResponse, type IndexStatusResponse } from '../../src/service/contract/admin.ts';
import { Client, experience } from '../http/support/client.ts';
import { EdgeBundle, type EdgeServer } from '../support/edge-server.ts';
import { Sqld, whyNoSqld } from '../support/sqld.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const KEY = { CHL_API_KEYS: 'ada:admin:secret-key' };
const obstacle = whyNoSqld();

describe.skipIf(obstacle !== null)(`isolates on the edge${obstacle === null ? '' : `: ${obstacle}`}`, () => {
  let bundle: EdgeBundle;
  beforeAll(async () => {
    bundle = await EdgeBundle.build();
  });
  afterAll(() => bundle?.remove());

  async function database(): Promise<Sqld> {
    const sqld = await Sqld.start();
    onTestFinished(() => sqld.stop());
    return sqld;
  }

  async function isolate(variables: Readonly<Record<string, string>>): Promise<EdgeServer> {
    const server = await bundle.serve(variables);
    onTestFinished(() => server.kill());
    return server;
  }

  const statusOf = async (client: Client): Promise<IndexStatusResponse> =>
    client.ok(indexStatusResponse, client.send('GET', '/admin/index/status'));

  test('two isolates see each other’s writes and deletions at once, without a header or a pause', async () => {
    const { url } = await database();
    // They would not look by themselves before the test is over: the request itself catches up.
    const variables = { CHL_DATABASE_URL: url, CHL_REPLICA_POLL_MS: '60000' };
    const clients = await Promise.all([0, 1].map(async () => new Client((await isolate(variables)).url)));
    for (let round = 0; round < 10; round += 1) {
      const [writer, reader] = round % 2 === 0 ? clients : clients.toReversed();
      const word = `w${crypto.randomUUID().replaceAll('-', '')}`;
      const { entry_id } = await writer!.write(`About ${word}`, `Everything on ${word}`);
      for (const mode of ['vector', 'text', 'hybrid']) {
        const { entries } = await reader!.read({ query: word, mode, limit: 1 });
        expect(entries.map(({ id, degraded }) => ({ id, degraded }))).toEqual([
          { id: entry_id, degraded: false },
        ]);
      }
      await reader!.remove(entry_id);
      const { entries } = await writer!.read({ query: word, mode: 'text', limit: 5 });
      expect(entries.map(({ id }) => id)).not.toContain(entry_id);
    }
  });

  test('an isolate opens from the snapshot of the one before: no vector is read anew, nothing is saved', async () => {
    const { url } = await database();
    const variables = { CHL_DATABASE_URL: url, CHL_GROWING_MAX_VECTORS: '16', CHL_FAISS_SAVE_INTERVAL: '1' };
    const first = await isolate(variables);
    const client = new Client(first.url);
    const lines = Array.from({ length: 40 }, (_, n) => ({
      ...experience(`Snapshot entry ${n}`, `What number ${n} is about`),
      ref: `snapshot-${n}`,
    }));
    expect((await client.import(lines)).every((line) => line['status'] === 'created')).toBe(true);
    const saved = await client.send('POST', '/admin/index/save');
    expect(saved.status, await saved.text()).toBe(200);
    const before = await statusOf(client);
    await first.kill();

    const second = new Client((await isolate(variables)).url);
    const { entries } = await second.read({ query: 'Snapshot entry 7', mode: 'vector', limit: 1 });
    expect(entries[0]?.provider).toBe('flat');
    const after = await statusOf(second);
    expect(after.recovery).toMatchObject({ source: 'snapshot', replayed: 0, reasons: [] });
    expect(after.index_size).toBe(40);
    // A vector that a file did not have would be in the growing segment or in a file of its own.
    expect(after.segments.map(({ rows, bytes }) => ({ rows, bytes }))).toEqual(
      before.segments.map(({ rows, bytes }) => ({ rows, bytes })),
    );
    expect(after.growing.rows).toBe(before.growing.rows);
    expect(after.snapshot?.generation).toBe(before.snapshot?.generation);
  });

  test('one isolate stores the snapshots; another says so when it is asked to', async () => {
    const { url } = await database();
    const variables = { CHL_DATABASE_URL: url };
    const [one, other] = [
      new Client((await isolate(variables)).url),
      new Client((await isolate(variables)).url),
    ];
    await one.write('Kept', 'By one of them');
    const saved = await one.send('POST', '/admin/index/save');
    expect(saved.status, await saved.text()).toBe(200);
    const refused = await other.refused(other.send('POST', '/admin/index/save'), 409);
    expect(refused.error.code).toBe('CONFLICT');
    expect((await other.read({ query: 'Kept', mode: 'vector', limit: 1 })).count).toBe(1);
  });

  test('a database that is away is 503, and the isolate goes on when it is back', async () => {
    const sqld = await database();
    const client = new Client((await isolate({ CHL_DATABASE_URL: sqld.url })).url);
    await sqld.kill();
    const away = await client.refused(client.send('GET', '/api/v1/categories/'), 503);
    expect(away.error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    await sqld.restart();
    const { entry_id } = await client.write('Back again', 'After the server came back');
    await sqld.kill();
    await client.refused(client.post('/api/v1/entries/write', experience('Not now', 'It is away')), 503);
    await sqld.restart();
    expect((await client.read({ ids: [entry_id] })).count).toBe(1);
  });

  test('without an address it says what is missing, and answers nothing', async () => {
    const bare = await bundle.serveBare({ CHL_DATABASE_URL: 'http://127.0.0.1:9' }, []);
    onTestFinished(() => bare.kill());
    const client = new Client(bare.url);
    const refused = await client.refused(client.send('GET', '/health'), 500);
    expect(refused.error.code).toBe('CONFIGURATION');
    expect(refused.detail).toContain('CHL_DATABASE_URL');
  });

  test('the environment counts where the operator allows it', async () => {
    const { url } = await database();
    const bare = await bundle.serveBare({ CHL_DATABASE_URL: url, ...KEY }, ['--allow-env']);
    onTestFinished(() => bare.kill());
    await new Client(bare.url).refused(new Client(bare.url).send('GET', '/api/v1/categories/'), 401);
    const client = new Client(bare.url, { Authorization: 'Bearer secret-key' });
    expect((await client.write('From the environment', 'With a key')).entry['author']).toBe('ada');
  });
});
