import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client, eventually, experience } from '../http/support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { Sqld, whyNoSqld } from '../support/sqld.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { Crowd } from './concurrency/crowd.ts';
import { contradictions } from './concurrency/observations.ts';
import { chooseSeed, isLong, say } from './support/form.ts';

const ABSENT = whyNoSqld();
const CLIENTS = 20;
const SECONDS = isLong ? 60 : 8;
const POLL_MS = 200;
const HEAL_MAX_MS = 60_000;
const READS_OF_ONES_OWN = isLong ? 300 : 30;

/** A service with an index of its own, and its own way to the database, which can be disturbed. */
class Replica {
  readonly proxy: TcpProxy;
  readonly #folder: string;
  readonly #port: number;
  #server: TestServer | null = null;

  private constructor(proxy: TcpProxy, folder: string, port: number) {
    this.proxy = proxy;
    this.#folder = folder;
    this.#port = port;
  }

  static async start(sqld: Sqld): Promise<Replica> {
    const folder = await mkdtemp(join(tmpdir(), 'chl-replica-'));
    const replica = new Replica(await TcpProxy.start(sqld.url), folder, await freePort());
    await replica.start();
    return replica;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get client(): Client {
    return new Client(this.url);
  }

  async start(): Promise<void> {
    this.#server = await startServer({
      runtime: 'node',
      dataDir: this.#folder,
      environment: {
        CHL_PORT: String(this.#port),
        CHL_DATABASE_URL: this.proxy.url,
        CHL_REPLICA_POLL_MS: String(POLL_MS),
        CHL_EMBEDDER: 'hash',
        CHL_LOG_LEVEL: 'info',
      },
    });
  }

  async kill(): Promise<void> {
    const { process } = this.#server!;
    const exited = once(process, 'exit');
    process.kill('SIGKILL');
    await exited;
  }

  async remove(): Promise<void> {
    await this.#server?.stop();
    await this.proxy.stop();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

describe.skipIf(ABSENT !== null)(
  `three replicas on one libSQL server${ABSENT === null ? '' : ` (skipped: ${ABSENT})`}`,
  { timeout: 600_000 },
  () => {
    let sqld: Sqld;
    let replicas: Replica[];

    beforeAll(async () => {
      sqld = await Sqld.start();
      replicas = [];
      for (let count = 0; count < 3; count += 1) replicas.push(await Replica.start(sqld));
      await Promise.all(replicas.map(available));
    }, 300_000);

    afterAll(async () => {
      await Promise.all((replicas ?? []).map((replica) => replica.remove()));
      await sqld?.stop();
    }, 120_000);

    const crowdOf = (what: string, isPatient: boolean): Crowd =>
      new Crowd({
        urls: replicas.map(({ url }) => url),
        clients: CLIENTS,
        seed: chooseSeed(what),
        isPatient,
        maintains: false,
      });

    test(`${CLIENTS} clients write and search through all of them for ${SECONDS} s: one history, seen by every search`, async () => {
      const crowd = crowdOf('replicas', false);
      const enough = new AbortController();
      const ended = crowd.run(enough.signal);
      const endMs = performance.now() + SECONDS * 1000;
      // A busy machine takes longer until there is enough to judge.
      await eventually(
        async () => performance.now() > endMs && Math.min(crowd.writes.length, crowd.searches.length),
        (count) => count !== false && count > 2 * CLIENTS,
        SECONDS * 1000 + HEAL_MAX_MS,
      );
      enough.abort();
      await ended;
      say(
        `${crowd.writes.length} writes, ${crowd.refusals} refused to who came second, ${crowd.searches.length} searches`,
      );
      expect(crowd.complaints).toEqual([]);
      expect(contradictions(crowd)).toEqual([]);
      await expectAlike(replicas, crowd);
    });

    test('what one has written, the next one shows when it is told the seq', async () => {
      const waits: number[] = [];
      for (let round = 0; round < READS_OF_ONES_OWN; round += 1) {
        const [writer, reader] = [replicas[round % 3]!.client, replicas[(round + 1) % 3]!.client];
        const title = `Own write ${round} q${round}z`;
        const { entry_id, seq } = await writer.write(title, `Only here: q${round}z.`, { duplicates: 'skip' });
        const startMs = performance.now();
        const { entries } = await reader.read(
          { query: `q${round}z`, mode: 'text' },
          { 'X-CHL-Min-Seq': seq },
        );
        waits.push(performance.now() - startMs);
        expect(entries[0]?.['id']).toBe(entry_id);
      }
      const sorted = waits.toSorted((one, other) => one - other);
      const at = (share: number): string => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1);
      say(
        `a read of one's own write through another replica: ${at(0.5)} ms median, ${at(0.99)} ms p99 (poll ${POLL_MS} ms)`,
      );
    });

    test('a read says how stale it may be, and /metrics how far behind the replica is', async () => {
      const [first, second] = replicas.map(({ client }) => client);
      await first!.write('Staleness of a numbat', 'It is told in a header.', { duplicates: 'skip' });
      await eventually(
        async () => (await second!.read({ query: 'staleness numbat' })).entries.length,
        (count) => count > 0,
      );
      const answer = await second!.post('/api/v1/search/', { query: 'numbat' });
      expect(Number(answer.headers.get('X-CHL-Staleness-Ms'))).toBeGreaterThan(0);
      expect(
        (await first!.post('/api/v1/entries/write', experience('No header', 'On writes.'))).headers.has(
          'X-CHL-Staleness-Ms',
        ),
      ).toBe(false);
      const page = await eventually(
        async () => (await second!.send('GET', '/metrics')).text(),
        (text) => /^chl_replica_lag_seq 0$/m.test(text),
      );
      expect(page).toMatch(/^chl_replica_staleness_seconds \d/m);
    });

    test('kills, lost and halved connections, and delays: they heal by themselves, and nothing is lost or doubled', async () => {
      const crowd = crowdOf('replicas in bad weather', true);
      const enough = new AbortController();
      const ended = crowd.run(enough.signal);
      const grown = async (): Promise<void> => {
        const goal = crowd.writes.length + 2 * CLIENTS;
        await eventually(
          async () => crowd.writes.length,
          (count) => count >= goal,
          HEAL_MAX_MS,
        );
      };
      const [first, second, third] = replicas as [Replica, Replica, Replica];
      await grown();
      for (let round = 0; round < (isLong ? 5 : 1); round += 1) {
        await second.kill();
        await grown();
        await second.start();
        await sqld.kill();
        await sqld.restart();
        await grown();
        first.proxy.cutAnswer({ after: 3 });
        third.proxy.halfClose();
        await grown();
        third.proxy.weather = 'refuse';
        first.proxy.delayMs = 20;
        await grown();
        third.proxy.weather = 'fair';
        first.proxy.delayMs = 0;
        first.proxy.cutAnswer({ after: 1 });
        await grown();
      }
      enough.abort();
      await ended;
      say(
        `${crowd.writes.length} writes, ${crowd.searches.length} searches, ${crowd.repeats} requests sent again`,
      );
      expect(crowd.complaints).toEqual([]);
      expect(contradictions(crowd)).toEqual([]);
      await Promise.all(replicas.map(available));
      await expectAlike(replicas, crowd);
    });
  },
);

const available = (replica: Replica): Promise<unknown> =>
  eventually(
    () => replica.client.indexStatus(),
    ({ status }) => status === 'available',
    HEAL_MAX_MS,
  );

/** Each index holds what the database holds, and finds every entry of the crowd that is not deleted, and no other. */
async function expectAlike(replicas: readonly Replica[], { writes }: Crowd): Promise<void> {
  const deleted = new Set(writes.filter(({ kind }) => kind === 'delete').map(({ name }) => name));
  const versions = new Map(writes.map(({ name }) => [name, 0]));
  for (const { name, version } of writes) versions.set(name, Math.max(version, versions.get(name)!));
  const { changes } = await newestChange(replicas[0]!.client);
  for (const { client } of replicas) {
    const status = await eventually(
      () => client.indexStatus(),
      ({ last_seq }) => last_seq === changes,
    );
    const health = (await (await client.send('GET', '/api/v1/search/health')).json()) as {
      embedding_status: { embedded: number };
    };
    expect(status.index_size).toBe(health.embedding_status.embedded);
    for (const [name, version] of versions) {
      const { entries } = await client.read({ query: name, mode: 'text', limit: 5 });
      const own = entries
        .map((entry) => entry['title'])
        .filter((title) => String(title).startsWith(`${name} `));
      expect(own).toEqual(deleted.has(name) ? [] : [`${name} ${version}`]);
    }
  }
}

async function newestChange(client: Client): Promise<{ readonly changes: number }> {
  for (let since = 0; ;) {
    const answer = await client.send('GET', `/api/v1/changes?since=${since}&limit=1000`);
    const page = (await answer.json()) as { next_since: number; has_more: boolean };
    since = page.next_since;
    if (!page.has_more) return { changes: since };
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
