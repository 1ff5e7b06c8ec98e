import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { until, valueOf } from './support/exposition.ts';
import { promtool, promtoolMissing } from './support/promtool.ts';

const READ_KEY = 'metrics-read-key-0123456789abcdef';
const ADMIN_KEY = 'metrics-admin-key-0123456789abcdef';
const KEYS = `prometheus:read:${READ_KEY},root:admin:${ADMIN_KEY}`;

interface Monitored extends TestServer {
  readonly scrape: () => Promise<string>;
  readonly post: (path: string, body?: unknown) => Promise<Response>;
}

async function start(environment: Readonly<Record<string, string>> = {}): Promise<Monitored> {
  const server = await startServer({
    runtime: 'node',
    environment: { CHL_API_KEYS: KEYS, CHL_INDEX_BACKEND: 'flat', ...environment },
  });
  const post = (path: string, body?: unknown): Promise<Response> =>
    fetch(server.url + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body ?? {}),
    });
  const scrape = async (): Promise<string> => {
    const response = await fetch(`${server.url}/metrics`, { headers: { 'X-API-Key': READ_KEY } });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    return response.text();
  };
  return { ...server, post, scrape };
}

const experience = (number: number) => ({
  entity_type: 'experience',
  category_code: 'TST',
  data: { section: 'useful', title: `Lesson ${number}`, playbook: `Feed zebra ${number} before noon.` },
});

describe('a service at work', () => {
  let server: Monitored;
  const ids: string[] = [];

  beforeAll(async () => {
    server = await start({ CHL_FAISS_REBUILD_THRESHOLD: '0.9', CHL_INDEX_HOST: 'process' });
    await until(server.scrape, (text) => valueOf(text, 'chl_degraded{component="index"}') === 0);
    for (let number = 0; number < 20; number += 1) {
      const response = await server.post('/api/v1/entries/write', experience(number));
      const { entry_id: id } = (await response.json()) as { entry_id: string };
      ids.push(id);
    }
    for (const query of ['zebra', 'noon']) await server.post('/api/v1/search/', { query });
  });
  afterAll(() => server.stop());

  test('a key is needed, of whatever role', async () => {
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
  });

  test('requests are counted by route and status, and never by path', async () => {
    await fetch(`${server.url}/no/such/path/${ids[0]}`);
    await fetch(`${server.url}/api/v1/entries/${ids[0]}`, { headers: { 'X-API-Key': READ_KEY } });
    const text = await server.scrape();
    const count = (labels: string) => valueOf(text, `chl_http_requests_total{${labels}}`);
    expect(count('method="POST",route="/api/v1/entries/write",status="200"')).toBe(20);
    expect(count('method="GET",route="/api/v1/entries/:id",status="200"')).toBe(1);
    expect(count('method="GET",route="unmatched",status="404"')).toBe(1);
    expect(count('method="GET",route="/metrics",status="401"')).toBe(1);
    expect(text).not.toContain(ids[0]);
    expect(text).toContain(
      'chl_http_request_duration_seconds_bucket{le="1",method="POST",route="/api/v1/search",status="200"}',
    );
  });

  test('a search is timed by stage, here and in the index process', async () => {
    const text = await server.scrape();
    for (const stage of ['embed', 'index', 'vector', 'text', 'fetch'])
      expect(
        valueOf(text, `chl_search_stage_duration_seconds_count{stage="${stage}"}`),
        stage,
      ).toBeGreaterThanOrEqual(2);
    expect(valueOf(text, 'chl_index_search_batch_searches_count')).toBeGreaterThanOrEqual(2);
  });

  test('writes, locks, size, recovery and both processes are told', async () => {
    const text = await server.scrape();
    expect(valueOf(text, 'chl_commit_group_operations_sum')).toBe(20);
    expect(valueOf(text, 'chl_embedding_batch_texts_sum')).toBeGreaterThanOrEqual(20);
    expect(valueOf(text, 'chl_embedder_errors_total')).toBe(0);
    expect(valueOf(text, 'chl_embedding_entries{status="embedded"}')).toBe(20);
    expect(valueOf(text, 'chl_entries{type="experience"}')).toBe(20);
    expect(valueOf(text, 'chl_index_vectors')).toBe(20);
    expect(valueOf(text, 'chl_index_documents')).toBe(20);
    expect(valueOf(text, 'chl_index_recoveries_total{source="empty"}')).toBe(1);
    for (const lock of ['writer', 'index_write'])
      expect(valueOf(text, `chl_lock_wait_seconds_count{lock="${lock}"}`), lock).toBeGreaterThan(0);
    for (const process of ['serving', 'index']) {
      expect(valueOf(text, `chl_process_resident_memory_bytes{process="${process}"}`)).toBeGreaterThan(1e7);
      expect(
        valueOf(text, `chl_event_loop_delay_seconds{process="${process}",stat="max"}`),
      ).toBeGreaterThanOrEqual(0);
    }
    expect(text).toMatch(/^chl_build_info\{version="[^"]+",runtime="node [^"]+"\} 1$/m);
  });

  test('deletes become tombstones, and a rebuild ends them', async () => {
    for (const entry_id of ids.slice(0, 5))
      await server.post('/api/v1/entries/delete', { entity_type: 'experience', entry_id });
    const before = await server.scrape();
    expect(valueOf(before, 'chl_index_tombstones')).toBe(5);
    expect(valueOf(before, 'chl_index_tombstone_ratio')).toBe(0.25);
    expect((await server.post('/admin/index/rebuild')).status).toBe(200);
    const after = await server.scrape();
    expect(valueOf(after, 'chl_index_tombstone_ratio')).toBe(0);
    expect(valueOf(after, 'chl_index_rebuilds_total')).toBe(1);
    expect(valueOf(after, 'chl_index_snapshot_age_seconds')).toBeGreaterThanOrEqual(0);
    expect(valueOf(after, 'chl_index_snapshot_bytes')).toBeGreaterThan(0);
  });

  test('a save that fails is counted', async () => {
    const index = join(server.dataDir, 'index');
    await rename(index, `${index}.away`);
    await writeFile(index, 'in the way');
    const response = await server.post('/admin/index/save');
    expect(response.status).toBeGreaterThanOrEqual(500);
    expect(valueOf(await server.scrape(), 'chl_index_failed_saves_total')).toBeGreaterThanOrEqual(1);
  });

  test('nothing secret is in it', async () => {
    const text = await server.scrape();
    for (const secret of [READ_KEY, ADMIN_KEY, server.dataDir]) expect(text).not.toContain(secret);
  });

  // Skipped without promtool (Debian's package prometheus) outside CI.
  test.skipIf(promtoolMissing)("Prometheus' own parser takes it, and has no complaint", async () => {
    const { exitCode, output } = await promtool(['check', 'metrics'], await server.scrape());
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: '' });
  });
});

test('an index that cannot be had is told as degraded, while everything else is told as it is', async () => {
  const server = await start({ CHL_INDEX_BACKEND: 'faiss-node', CHL_FAISS_NATIVE_DIR: '/nonexistent' });
  const text = await until(server.scrape, (page) => valueOf(page, 'chl_degraded{component="index"}') === 1);
  expect(valueOf(text, 'chl_degraded{component="database"}')).toBe(0);
  expect(valueOf(text, 'chl_entries{type="experience"}')).toBe(0);
  await server.stop();
}, 90_000);
