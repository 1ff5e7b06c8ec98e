import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { Victim } from '../faults/support/victim.ts';
import { Client } from '../http/support/client.ts';
import { buildProgram } from '../support/build.ts';
import { startProgram, startServer, stopProcess, type TestServer } from '../support/server.ts';

let dataDir: string;
let servers: TestServer[];
let victim: Victim | null = null;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'chl-serve-'));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.stop();
  await victim?.kill();
  victim = null;
  await rm(dataDir, { recursive: true, force: true });
});

async function start(environment: Record<string, string> = {}): Promise<TestServer> {
  const server = await startServer({ runtime: 'node', dataDir, environment });
  servers.push(server);
  return server;
}

/** The exit code and words of a start that must fail. */
async function refusedStart(
  variables: Record<string, string>,
): Promise<{ exitCode: number | null; words: string }> {
  const child = await startProgram('node', { CHL_PORT: '0', CHL_DATA_DIR: dataDir, ...variables });
  let words = '';
  child.stderr!.on('data', (chunk: Buffer) => (words += chunk.toString()));
  try {
    await once(child, 'close', { signal: AbortSignal.timeout(90_000) });
  } finally {
    await stopProcess(child);
  }
  return { exitCode: child.exitCode, words };
}

describe('start', () => {
  test('a mistaken configuration: exit code 2, every mistake in words, nothing made', async () => {
    const { exitCode, words } = await refusedStart({ CHL_PORT: 'x', CHL_FAISS_SAVE_POLCY: 'manual' });
    assert.equal(exitCode, 2);
    assert.match(words, /CHL_PORT must be/);
    assert.match(words, /did you mean CHL_FAISS_SAVE_POLICY/);
    await assert.rejects(stat(join(dataDir, 'chl.db')), { code: 'ENOENT' });
  });

  test('a model that is not on this machine, offline: says what is missing and what to do', async () => {
    const { exitCode, words } = await refusedStart({
      CHL_EMBEDDER: 'transformers',
      CHL_EMBEDDING_OFFLINE: 'true',
    });
    assert.notEqual(exitCode, 0);
    assert.match(words, /lacks .*onnx\/model\.onnx/);
    assert.match(words, /CHL_EMBEDDING_OFFLINE=false/);
  });

  test('a second service on the same folder is refused and told who owns it', async () => {
    const first = await start();
    const { exitCode, words } = await refusedStart({});
    assert.equal(exitCode, 1);
    assert.match(words, new RegExp(`process ${first.process.pid} on `));
  });

  test('it serves before its index is open: text is answered, writes are taken, and all of it is said', async () => {
    // The index stops in its recovery, for good.
    const environment = { CHL_LOG_LEVEL: 'info', CHL_FAILPOINTS: 'recovery.before-snapshot' };
    victim = new Victim({ program: await buildProgram(), dataDir, environment });
    const client = new Client(await victim.serving);
    assert.match(victim.output, /"state":"opening".*"msg":"serving"/);
    const { entry_id } = await client.write('Before the index', 'Found by its words');
    const { entries } = await client.read({ query: 'before the index' });
    assert.deepEqual([entries[0]?.id, entries[0]?.degraded], [entry_id, true]);
    const health = (await (await client.send('GET', '/health')).json()) as { status: string };
    assert.equal(health.status, 'degraded');
    // Nobody has loaded the metrics or MCP yet: the first scrape counts what was asked before it.
    const metrics = await (await client.send('GET', '/metrics')).text();
    assert.match(metrics, /chl_http_requests_total\{[^}]*route="\/api\/v1\/entries\/read"[^}]*\} 1\n/);
    const tools = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const accept = { Accept: 'application/json, text/event-stream' };
    assert.match(await (await client.post('/mcp', tools, accept)).text(), /"tools":\[\{/);
  });

  test('vectors of another embedder are not mixed in', async () => {
    await (await start({ CHL_EMBEDDER: 'hash' })).stop();
    const { url } = await start({ CHL_EMBEDDER: 'hash', CHL_EMBEDDING_DIMENSION: '128' });
    const client = new Client(url);
    const { entry_id } = await client.write('Of another embedder', 'Stored, and found by its words');
    const read = (mode: string): Promise<Response> =>
      client.post('/api/v1/entries/read', { entity_type: 'experience', query: 'another embedder', mode });
    assert.equal((await client.refused(read('vector'), 409)).error.code, 'EMBEDDER_MISMATCH');
    const { entries } = await client.read({ query: 'another embedder' });
    assert.deepEqual([entries[0]?.id, entries[0]?.degraded], [entry_id, true]);
    const health = await (await client.send('GET', '/health')).text();
    assert.match(health, /degraded.*chl reembed/);
  });
});

describe('end', () => {
  test('SIGTERM: streams end, what was taken is answered, and all of it is there afterwards', async () => {
    const server = await start();
    const client = new Client(server.url);
    const { entry_id } = await client.write('Before the end', 'Written before the end');
    const stream = await fetch(`${server.url}/api/v1/changes`, { headers: { Accept: 'text/event-stream' } });
    const rebuild = client.post('/admin/index/rebuild', {});
    // Until it is under way; asked of the service itself, so that it has surely been taken.
    await client.indexStatus();
    const events = stream.text();
    const { exitCode } = await server.stop();
    assert.equal(exitCode, 0);
    assert.equal((await rebuild).status, 200);
    assert.match(await events, /event: change/);

    const { entries } = await new Client((await start()).url).read({ query: 'before the end' });
    assert.equal(entries[0]?.id, entry_id);
  });

  test('kill -9: the next start finds every acknowledged write', async () => {
    const server = await start({ CHL_FAISS_SAVE_POLICY: 'manual' });
    const client = new Client(server.url);
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        client.write(`Survivor ${n}`, `Survives ${n}`, { duplicates: 'skip' }),
      ),
    );
    server.process.kill('SIGKILL');
    await once(server.process, 'exit');
    const again = new Client((await start()).url);
    const { entries } = await again.read({ query: 'survivor', mode: 'vector', limit: 50 });
    const found = new Set(entries.map((entry) => entry.id));
    for (const { entry_id } of written) assert.ok(found.has(entry_id));
  });
});

describe('keys', () => {
  const sha256 = (key: string): string => `sha256:${createHash('sha256').update(key).digest('hex')}`;

  test('a key opens what its role allows, and signs what it writes', async () => {
    const keys = `ann:read:read-key,bob:write:write-key,eve:admin:${sha256('admin-key')}`;
    const { url } = await start({ CHL_API_KEYS: keys });
    const anyone = new Client(url);
    assert.equal((await anyone.send('GET', '/health')).status, 200);
    const unasked = await anyone.send('GET', '/api/v1/categories/');
    assert.equal(unasked.headers.get('WWW-Authenticate'), 'Bearer');
    await anyone.refused(unasked, 401);
    const body = { entity_type: 'experience', query: 'x' };
    await anyone.refused(anyone.post('/api/v1/entries/read', body, { Authorization: 'Bearer wrong' }), 401);
    await anyone.refused(anyone.post('/mcp', {}), 401);

    const ann = new Client(url, { Authorization: 'Bearer read-key' });
    assert.equal((await ann.read({ query: 'x' })).count, 0);
    await ann.refused(ann.post('/api/v1/entries/write', {}), 403);
    const bob = new Client(url, { 'X-API-Key': 'write-key' });
    const { entry } = await bob.write('Signed', 'By bob');
    assert.equal(entry.author, 'bob');
    await bob.refused(bob.post('/admin/index/save', {}), 403);
    const eve = new Client(url, { Authorization: 'Bearer admin-key' });
    assert.equal((await eve.post('/admin/index/save', {})).status, 200);
  });

  test('keys from a file; a line that is wrong is named, its content is not', async () => {
    const file = join(dataDir, 'keys');
    await writeFile(file, '# ours\n\nann:read:k1\nbob:boss:s3cret\n');
    const { exitCode, words } = await refusedStart({ CHL_API_KEYS_FILE: file });
    assert.equal(exitCode, 2);
    assert.match(words, /Line 4/);
    assert.doesNotMatch(words, /s3cret/);
    await writeFile(file, 'ann:read:k1\n');
    const client = new Client((await start({ CHL_API_KEYS_FILE: file })).url, { 'X-API-Key': 'k1' });
    assert.equal((await client.read({ query: 'x' })).count, 0);
  });

  test('off loopback without keys: one admin key is made, shown once, and kept as a hash', async () => {
    const first = await start({ CHL_HOST: '0.0.0.0' });
    const key = first.output.join('\n').match(/chl_[\w-]{32}/)?.[0] ?? (await shownKey(first));
    const address = (url: string): string => url.replace('localhost', '127.0.0.1');
    const open = new Client(address(first.url));
    await open.refused(open.send('GET', '/api/v1/categories'), 401);
    const admin = { Authorization: `Bearer ${key}` };
    assert.equal((await new Client(address(first.url), admin).send('GET', '/api/v1/categories')).status, 200);
    const stored = await readFile(join(dataDir, 'api-keys'), 'utf8');
    assert.equal(stored.trim(), `admin:admin:${sha256(key)}`);
    await first.stop();

    const second = await start({ CHL_HOST: '0.0.0.0' });
    assert.equal(
      (await new Client(address(second.url), admin).send('GET', '/api/v1/categories')).status,
      200,
    );
    await second.stop();
    assert.ok(!second.output.join('\n').includes('chl_'), 'it is not shown again');
  });
});

/** It is printed after the line that `startServer` waits for. */
async function shownKey(server: TestServer): Promise<string> {
  for (;;) {
    await once(server.process.stdout!, 'data', { signal: AbortSignal.timeout(60_000) });
    const key = server.output.join('\n').match(/chl_[\w-]{32}/)?.[0];
    if (key !== undefined) return key;
  }
}
