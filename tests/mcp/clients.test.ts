import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { TOOL_NEEDS } from '../security/routes-by-role.ts';
import { callOk, experienceArguments, overHttp, overStdio } from './support.ts';

/** The SDK's own client against a real server process, over HTTP and through `chl mcp`. */

let server: TestServer;
let dataDir: string;
const clients: Client[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'chl-mcp-'));
  server = await startServer({
    runtime: 'node',
    dataDir,
    environment: { CHL_INDEX_BACKEND: 'flat', CHL_EMBEDDER: 'hash' },
  });
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function opened(client: Promise<Client>): Promise<Client> {
  clients.push(await client);
  return client;
}

/** Every message the client receives from now on, in the order of the wire. */
function messagesOf(client: Client): readonly JSONRPCMessage[] {
  const { transport } = client;
  assert.ok(transport?.onmessage !== undefined);
  const seen: JSONRPCMessage[] = [];
  const receive = transport.onmessage;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- an MCP transport has no addEventListener
  transport.onmessage = (message, extra) => {
    seen.push(message);
    receive(message, extra);
  };
  return seen;
}

/** In the order in which an agent would. @returns the tools that were called */
async function runEveryTool(client: Client, topic: string): Promise<readonly string[]> {
  const called: string[] = [];
  const ok = (name: string, args?: Record<string, unknown>): ReturnType<typeof callOk> => {
    called.push(name);
    return callOk(client, name, args);
  };
  const { categories } = await ok('list_categories');
  expect(categories.map((one: { code: string }) => one.code)).toContain('TST');
  expect((await ok('get_guidelines', { guide_type: 'generator' })).skill.content).toBeTruthy();
  const text = `Run the ${topic} suite with a fixed seed and print it first.`;
  const similar = await ok('check_duplicates', {
    entity_type: 'experience',
    category_code: 'TST',
    title: `Seed of ${topic}`,
    content: text,
  });
  expect(similar.count).toBeTypeOf('number');
  const { entry_id: id, version } = await ok('create_entry', experienceArguments(`Seed of ${topic}`, text));
  const { results } = await ok('search', { query: `seed ${topic}` });
  expect(results[0].entity_id).toBe(id);
  const whole = await ok('read_entries', {
    entity_type: 'experience',
    // As some clients send lists and objects.
    ids: JSON.stringify([id]),
    fields: ['playbook', 'context'],
  });
  expect(whole.entries[0].playbook).toBe(text);
  const updated = await ok('update_entry', {
    entity_type: 'experience',
    category_code: 'TST',
    entry_id: id,
    updates: JSON.stringify({ title: `Seed of ${topic}, printed` }),
    expected_version: version,
  });
  expect(updated.version).toBe(version + 1);
  const { contents } = await client.readResource({ uri: `chl://entry/${id}` });
  expect(JSON.parse((contents[0] as { text: string }).text)).toMatchObject({
    entry: { id, title: `Seed of ${topic}, printed`, author: 'local' },
  });
  expect((await ok('index_status')).status).toBe('available');
  await ok('delete_entry', { entity_type: 'experience', entry_id: id });
  expect((await ok('search', { query: `seed ${topic}` })).results).toEqual([]);
  return called;
}

const allTools = Object.keys(TOOL_NEEDS).toSorted();

describe.each([
  ['over HTTP', () => overHttp(server.url)],
  ['over stdio', () => overStdio(server.url)],
])('%s', (name, connect) => {
  test('every tool that is listed works, and every resource can be read', async () => {
    const client = await opened(connect());
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name).toSorted()).toEqual(allTools);
    const called = await runEveryTool(client, name.replace(' ', ''));
    expect([...new Set(called)].toSorted()).toEqual(allTools);

    const { resources } = await client.listResources();
    for (const { uri } of resources) expect((await client.readResource({ uri })).contents).toHaveLength(1);
    const latest = await client.readResource({ uri: 'chl://category/TST/latest' });
    expect(JSON.parse((latest.contents[0] as { text: string }).text)).toHaveProperty('experiences');
    await client.ping();
    await client.setLoggingLevel('warning');
  });

  test('failures are results with the error of REST; unknown tools and resources are protocol errors', async () => {
    const client = await opened(connect());
    const failed = await client.callTool({
      name: 'create_entry',
      arguments: experienceArguments('', 'No title'),
    });
    expect(failed).toMatchObject({
      isError: true,
      structuredContent: { error: { code: 'INVALID_ARGUMENT', retryable: false } },
    });
    await expect(client.callTool({ name: 'drop_tables', arguments: {} })).rejects.toThrow(/no tool named/);
    await expect(client.readResource({ uri: 'chl://entry/EXP-NOT-THERE' })).rejects.toMatchObject({
      code: -32002,
    });
    await expect(client.readResource({ uri: 'file:///etc/passwd' })).rejects.toMatchObject({ code: -32002 });
  });

  test('progress of a call is told before its answer', async () => {
    const client = await opened(connect());
    // As it comes over the wire: when both lie in one chunk, the SDK's client forgets its progress handler
    // with the answer before it has called it.
    const told = messagesOf(client);
    await client.callTool({ name: 'search', arguments: { query: 'progress' } }, undefined, {
      onprogress: () => {},
    });
    expect(told).toMatchObject([
      { method: 'notifications/progress', params: { progress: 0 } },
      { method: 'notifications/progress', params: { progress: 1 } },
      { result: { structuredContent: expect.anything() } },
    ]);
  });
});

test('two clients, one over HTTP and one over stdio, see each other’s writes at once', async () => {
  const [here, there] = [await opened(overHttp(server.url)), await opened(overStdio(server.url))];
  for (let round = 0; round < 3; round++) {
    const { entry_id: id } = await callOk(
      here,
      'create_entry',
      experienceArguments(`Handover ${round}`, `Handover number ${round} of the heron.`),
    );
    const found = await callOk(there, 'search', { query: `handover heron ${round}` });
    expect(found['results'].map((one: { entity_id: string }) => one.entity_id)).toContain(id);
    await callOk(there, 'delete_entry', { entity_type: 'experience', entry_id: id });
    const gone = await callOk(here, 'search', { query: `handover heron ${round}` });
    expect(gone['results'].map((one: { entity_id: string }) => one.entity_id)).not.toContain(id);
  }
});

test('twenty parallel create_entry calls from two clients: twenty entries, each found by search', async () => {
  const both = [await opened(overHttp(server.url)), await opened(overStdio(server.url))];
  const animals = 'otter heron badger lynx marten osprey pike raven stoat viper'.split(' ');
  const titles = animals.flatMap((one) => [`Feeding the ${one}`, `Counting the ${one}`]);
  const written = await Promise.all(
    titles.map((title, n) =>
      callOk(both[n % 2]!, 'create_entry', experienceArguments(title, `${title}: once a day, number ${n}.`)),
    ),
  );
  const ids = written.map((one) => String(one['entry_id']));
  expect(new Set(ids).size).toBe(20);
  for (const [n, title] of titles.entries()) {
    const { results } = await callOk(both[(n + 1) % 2]!, 'search', { query: title });
    expect(results[0], title).toMatchObject({ entity_id: ids[n], title });
  }
});

test('killed and started again between two calls: the next call of every client works', async () => {
  const stderr: string[] = [];
  const [http, stdio] = [await opened(overHttp(server.url)), await opened(overStdio(server.url, stderr))];
  const { entry_id: id } = await callOk(
    http,
    'create_entry',
    experienceArguments('Before the fall', 'Written before the fall.'),
  );
  await callOk(stdio, 'index_status');
  const port = new URL(server.url).port;
  server.process.kill('SIGKILL');
  await once(server.process, 'exit');

  await expect(stdio.callTool({ name: 'index_status', arguments: {} })).rejects.toThrow(
    /No CHL service answers.*chl serve/,
  );
  server = await startServer({
    runtime: 'node',
    dataDir,
    environment: { CHL_INDEX_BACKEND: 'flat', CHL_EMBEDDER: 'hash', CHL_PORT: port },
  });
  for (const client of [http, stdio]) {
    const { results } = await callOk(client, 'search', { query: 'before the fall' });
    assert.equal(results[0].entity_id, id);
  }
  expect(stderr.join('')).toContain('No CHL service answers');
});
