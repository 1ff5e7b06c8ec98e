import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { Sqld, whyNoSqld } from '../support/sqld.ts';

const ABSENT = whyNoSqld();
const POLL_MS = 50;
const HEAL_MAX_MS = 60_000;

interface Written {
  readonly entry_id: string;
  readonly seq: string;
}

/** Two services, each with an index of its own, on one libSQL server. */
describe.skipIf(ABSENT !== null)(
  `replicas${ABSENT === null ? '' : ` (skipped: ${ABSENT})`}`,
  { timeout: 300_000 },
  () => {
    let sqld: Sqld;
    let first: TestServer;
    let second: TestServer;

    const start = (): Promise<TestServer> =>
      startServer({
        runtime: 'node',
        environment: {
          CHL_DATABASE_URL: sqld.url,
          CHL_REPLICA_POLL_MS: String(POLL_MS),
          CHL_EMBEDDER: 'hash',
          CHL_INDEX_BACKEND: 'flat',
          CHL_LOG_LEVEL: 'info',
        },
      });

    beforeAll(async () => {
      sqld = await Sqld.start();
      first = await start();
      second = await start();
    }, 300_000);

    afterAll(async () => {
      await first?.stop();
      await second?.stop();
      await sqld?.stop();
    });

    test('what one writes, another finds at once when it says what it must have seen', async () => {
      for (let round = 0; round < 5; round += 1) {
        const [writer, reader] = round % 2 === 0 ? [first, second] : [second, first];
        const title = `Replica round ${round} ${word(round)}`;
        const { entry_id, seq } = await write(writer, title);
        expect((await search(reader, word(round), seq))[0]).toBe(entry_id);
      }
    });

    test('without saying so it is found as soon as the poll has passed', async () => {
      const { entry_id } = await write(first, 'An ordinary poll finds quokka notes');
      await until(async () => (await search(second, 'quokka')).includes(entry_id));
    });

    test('a delete on one replica is never shown by another that has seen it', async () => {
      const { entry_id, seq } = await write(first, 'Soon to be gone wombat');
      expect(await search(second, 'wombat', seq)).toContain(entry_id);
      const gone = (await post(second, '/api/v1/entries/delete', {
        entity_type: 'experience',
        entry_id,
      })) as Written;
      expect(await search(first, 'wombat', gone.seq)).not.toContain(entry_id);
    });

    test('writers on both replicas at once lose and double nothing', async () => {
      const titles = Array.from({ length: 24 }, (_, number) => `Both at once numbat ${word(number)}`);
      const written = await Promise.all(
        titles.map((title, number) => write(number % 2 === 0 ? first : second, title)),
      );
      const seqs = written.map(({ seq }) => Number(seq.split(':')[1]));
      expect(new Set(seqs).size).toBe(titles.length);
      const newest = `${written[0]!.seq.split(':')[0]}:${Math.max(...seqs)}`;
      const expected = written.map(({ entry_id }) => entry_id).toSorted();
      for (const replica of [first, second]) {
        expect((await search(replica, 'numbat', newest, 25)).toSorted()).toEqual(expected);
      }
    });

    test('a server that is killed and comes back heals both, and nothing acknowledged is lost', async () => {
      const { entry_id } = await write(first, 'Written before the kill bandicoot');
      await sqld.kill();
      const refused = await send(second, '/api/v1/entries/write', experience('Never stored'));
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).not.toBeNull();
      await sqld.restart();
      const after = await until(async () => {
        const answer = await send(
          second,
          '/api/v1/entries/write',
          experience('Written after the kill bilby'),
        );
        return answer.ok ? ((await answer.json()) as Written) : false;
      });
      expect(await search(first, 'bilby', after.seq)).toContain(after.entry_id);
      expect(await search(second, 'bandicoot', after.seq)).toContain(entry_id);
    });

    test('a replica that is killed comes back from its own snapshot and catches up', async () => {
      const exited = once(second.process, 'exit');
      second.process.kill('SIGKILL');
      await exited;
      const { entry_id, seq } = await write(first, 'Written while a replica was dead potoroo');
      const reborn = await startServer({
        runtime: 'node',
        dataDir: second.dataDir,
        environment: {
          CHL_DATABASE_URL: sqld.url,
          CHL_EMBEDDER: 'hash',
          CHL_INDEX_BACKEND: 'flat',
          CHL_LOG_LEVEL: 'info',
        },
      });
      try {
        await until(async () => (await search(reborn, 'potoroo', seq)).includes(entry_id));
      } finally {
        await reborn.stop();
      }
    });
  },
);

const WORDS = [
  'amber',
  'birch',
  'cedar',
  'delta',
  'ember',
  'fjord',
  'grove',
  'heath',
  'inlet',
  'jetty',
  'knoll',
  'larch',
];
const word = (number: number): string =>
  `${WORDS[number % WORDS.length]}${Math.floor(number / WORDS.length)}x`;

const experience = (title: string): unknown => ({
  entity_type: 'experience',
  category_code: 'DBM',
  data: { section: 'useful', title, playbook: `About ${title}.` },
  duplicates: 'skip',
});

const send = (
  server: TestServer,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

async function post(
  server: TestServer,
  path: string,
  body: unknown,
  headers?: Record<string, string>,
): Promise<unknown> {
  const answer = await send(server, path, body, headers);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

const write = async (server: TestServer, title: string): Promise<Written> =>
  (await post(server, '/api/v1/entries/write', experience(title))) as Written;

async function search(server: TestServer, query: string, minSeq?: string, limit = 10): Promise<string[]> {
  const headers: Record<string, string> = minSeq === undefined ? {} : { 'x-chl-min-seq': minSeq };
  const answer = (await post(server, '/api/v1/search/', { query, limit, mode: 'text' }, headers)) as {
    results: { entity_id: string }[];
  };
  return answer.results.map(({ entity_id }) => entity_id);
}

async function until<T>(ask: () => Promise<T | false>): Promise<T> {
  const deadline = Date.now() + HEAL_MAX_MS;
  for (;;) {
    const answer = await ask().catch(() => false as const);
    if (answer !== false) return answer;
    if (Date.now() > deadline) throw new Error('not healed in time');
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}
