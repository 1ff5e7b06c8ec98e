import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { EmbeddingServer } from '../support/embedding-server.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { callOk, overHttp, overStdio } from './support.ts';

/** Calls that take long because the embedder does, with the SDK's own client at the other end. */

let embedder: EmbeddingServer;
let server: TestServer;
let dataDir: string;

const start = (variables: Record<string, string> = {}): Promise<TestServer> =>
  startServer({
    runtime: 'node',
    dataDir,
    environment: {
      CHL_INDEX_BACKEND: 'flat',
      CHL_EMBEDDER: 'openai',
      CHL_EMBEDDING_URL: embedder.url,
      CHL_EMBEDDING_MODEL: 'stand-in',
      ...variables,
    },
  });

beforeAll(async () => {
  embedder = await EmbeddingServer.start();
  dataDir = await mkdtemp(join(tmpdir(), 'chl-long-calls-'));
  server = await start();
});
afterAll(async () => {
  await server?.stop();
  await embedder?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

interface HeldCall {
  /** The embedder has been asked. */
  readonly begun: Promise<void>;
  /** Whoever asked has hung up, without an answer. */
  readonly abandoned: Promise<void>;
}

/** The next text is not embedded, however long one waits. */
function holdEmbedder(): HeldCall {
  const asked = new Promise<ServerResponse>((resolve) => embedder.plan(resolve));
  return {
    begun: asked.then(() => undefined),
    abandoned: asked.then(async (response) => {
      if (!response.destroyed) await once(response, 'close');
    }),
  };
}

async function opened(client: Promise<Client>): Promise<Client> {
  const it = await client;
  onTestFinished(() => it.close());
  return it;
}

describe.each([
  ['HTTP', () => overHttp(server.url)],
  ['stdio', () => overStdio(server.url)],
])('over %s', (name, open) => {
  test('a call that its client aborts stops the work for it, and no other', async () => {
    const client = await opened(open());
    const held = holdEmbedder();
    const before = embedder.calls.length;
    const leaving = new AbortController();
    const call = client.callTool(
      { name: 'search', arguments: { query: `words of a search that is given up over ${name}` } },
      CallToolResultSchema,
      { signal: leaving.signal },
    );
    const refused = expect(call).rejects.toThrow('not needed any more');
    await held.begun;
    leaving.abort('not needed any more');
    await refused;
    await held.abandoned;
    // Given up, not tried again.
    expect(embedder.calls.length).toBe(before + 1);
    const answer = await callOk(client, 'search', { query: `another search over ${name}`, mode: 'vector' });
    expect(answer).toMatchObject({ degraded: false, mode: 'vector' });
    // It was not the deadline of the embedder that ended it: that is logged as a failure.
    expect(server.output.join('\n')).not.toContain('the embedder failed');
  });
});

test('chl mcp: a service that dies during a call with progress is told as an error, and the next call works', async () => {
  const stderr: string[] = [];
  const client = await opened(overStdio(server.url, stderr));
  const held = holdEmbedder();
  let call: Promise<unknown> | undefined;
  // A stream that breaks with something on it already.
  const heard = new Promise<number>((resolve) => {
    call = client.callTool(
      { name: 'search', arguments: { query: 'words of a search that is cut off' } },
      CallToolResultSchema,
      { onprogress: ({ progress }) => resolve(progress) },
    );
  });
  const refused = expect(call).rejects.toThrow(/-32000.*went away during the call/);
  await held.begun;
  expect(await heard).toBe(0);
  const port = new URL(server.url).port;
  server.process.kill('SIGKILL');
  await once(server.process, 'exit');
  await refused;
  expect(stderr.join('')).toContain('went away during the call');

  server = await start({ CHL_PORT: port });
  const answer = await callOk(client, 'search', { query: 'a search after the restart', mode: 'vector' });
  expect(answer).toMatchObject({ degraded: false, mode: 'vector' });
});
