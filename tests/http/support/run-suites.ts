import { afterAll, beforeAll, describe, vi } from 'vitest';
import { startServer, type Runtime } from '../../support/server.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';
import { badInputSuite } from '../bad-input.suite.ts';
import { concurrencySuite } from '../concurrency.suite.ts';
import { rankingSuite, type RankingSize } from '../ranking.suite.ts';
import { routesSuite } from '../routes.suite.ts';
import { streamsSuite } from '../streams.suite.ts';
import { Client } from './client.ts';

/** A bound for what hangs: on a machine that builds other things as well, 10,000 imports take their time. */
const TEST_MAX_MS = 120_000;

/** What is tested: somewhere at a URL, until it is stopped. */
interface Served {
  readonly url: string;
  stop(): Promise<unknown>;
}

/** The whole HTTP suite against one real server process with one backend. */
export const runHttpSuites = (runtime: Runtime, backend: string): void =>
  runHttpSuitesAgainst(`${runtime} with ${backend}`, () =>
    startServer({
      runtime,
      environment: {
        CHL_INDEX_BACKEND: backend,
        CHL_LOG_LEVEL: 'info',
        // Its graphs answer, too, at the sizes of a test; hnswlib-wasm would build them for half a minute.
        ...(backend === 'faiss-node' ? { CHL_HNSW_MIN_VECTORS: '5000' } : {}),
      },
    }),
  );

/** The same against whatever `start` starts. */
export function runHttpSuitesAgainst(name: string, start: () => Promise<Served>, size?: RankingSize): void {
  vi.setConfig({ testTimeout: TEST_MAX_MS, hookTimeout: TEST_MAX_MS });
  describe(`HTTP: ${name}`, () => {
    let server: Served;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server?.stop());
    const client = (): Client => new Client(server.url);

    describe('routes', () => routesSuite(vitestRegistrar, client));
    describe('streams', () => streamsSuite(vitestRegistrar, client));
    describe('bad input', () => badInputSuite(vitestRegistrar, client));
    describe('concurrency', () => concurrencySuite(vitestRegistrar, () => server.url));
    describe('ranking', () => rankingSuite(vitestRegistrar, client, size));
  });
}
