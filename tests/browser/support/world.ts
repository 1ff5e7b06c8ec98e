import type { Browser } from 'playwright-core';
import { Client, experience } from '../../http/support/client.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { launchChromium, openPage, type PageOptions, type WatchedPage } from './chromium.ts';

/** Keys of the service under test, by role. */
export const KEYS = {
  read: 'key-of-a-reader-1',
  write: 'key-of-a-writer-1',
  admin: 'key-of-an-admin-1',
} as const;

const SEED_ENTRIES = 40;

/** A real service with some entries, and a real browser. */
export interface World {
  readonly url: string;
  /** The API, as the administrator. */
  readonly api: Client;
  /** Opens a page, runs the test on it, and holds what the browser complained of against it. */
  visit(options: PageOptions, test: (visitor: WatchedPage) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const server = await startServer({
    runtime: 'node',
    environment: {
      CHL_API_KEYS: `rita:read:${KEYS.read},walter:write:${KEYS.write},ada:admin:${KEYS.admin}`,
      CHL_GROWING_MAX_VECTORS: '16',
      // Tombstones stay to be seen until a test rebuilds.
      CHL_FAISS_REBUILD_THRESHOLD: '0.9',
    },
  });
  try {
    const api = new Client(server.url, { Authorization: `Bearer ${KEYS.admin}` });
    await api.import(Array.from({ length: SEED_ENTRIES }, (_, index) => seedEntry(index)));
    return worldOf(server, api, await launchChromium());
  } catch (error) {
    await server.stop();
    throw error;
  }
}

const worldOf = (server: TestServer, api: Client, browser: Browser): World => ({
  url: server.url,
  api,
  visit: async (options, test) => {
    const visitor = await openPage(browser, server.url, options);
    try {
      await test(visitor);
    } catch (error) {
      // What the browser has to say first: it is often the reason.
      await visitor.close().catch((complaint: unknown) => {
        throw new Error(`${String(error)}\n${String(complaint)}`, { cause: error });
      });
      throw error;
    }
    await visitor.close();
  },
  stop: async () => {
    await browser.close();
    await server.stop();
  },
});

const TOPICS = ['lantern', 'harbour', 'granite', 'willow', 'compass'];

function seedEntry(index: number): unknown {
  const topic = TOPICS[index % TOPICS.length]!;
  return experience(
    `Keep the ${topic} in order, part ${index}`,
    `Look after the ${topic} every day ${index}.`,
    {
      tags: [topic],
      ref: `seed-${index}`,
      category_code: index % 2 === 0 ? 'TST' : 'SRE',
    },
  );
}
