import assert from 'node:assert/strict';
import * as z from 'zod';
import type { Registrar } from '../conformance/registrar.ts';
import { indexStatusResponse, queueStatusResponse, saveResponse } from '../../src/service/contract/admin.ts';
import { categoriesResponse } from '../../src/service/contract/categories.ts';
import { changesResponse } from '../../src/service/contract/changes.ts';
import { guidelinesResponse } from '../../src/service/contract/guidelines.ts';
import { healthResponse, liveResponse, readyResponse } from '../../src/service/contract/health.ts';
import { entryResponse, exportResponse, historyResponse } from '../../src/service/contract/read.ts';
import {
  duplicatesResponse,
  searchHealthResponse,
  searchResponse,
} from '../../src/service/contract/search.ts';
import { citedResponse, sessionResponse } from '../../src/service/contract/session.ts';
import { updateResponse, writeResponse } from '../../src/service/contract/write.ts';
import { type Client, experience } from './support/client.ts';

const GETS = {
  '/health': healthResponse,
  '/health/live': liveResponse,
  '/health/ready': readyResponse,
  '/api/v1/categories': categoriesResponse,
  '/api/v1/search/health': searchHealthResponse,
  '/api/v1/guidelines/generator': guidelinesResponse,
  '/api/v1/guidelines/evaluator': guidelinesResponse,
  '/api/v1/entries/export': exportResponse,
  '/api/v1/changes': changesResponse,
  '/admin/index/status': indexStatusResponse,
  '/admin/queue/status': queueStatusResponse,
} as const;

/** Every route as a CHL client uses it; answers are held against the contract's schemas. */
export function routesSuite(registrar: Registrar, client: () => Client): void {
  for (const [path, schema] of Object.entries(GETS)) {
    registrar.test(`GET ${path}, with and without the trailing slash`, async () => {
      for (const form of [path, `${path}/`])
        await client().ok(schema as z.ZodType, client().send('GET', form));
    });
  }

  registrar.test('a request id is given back, or made', async () => {
    const own = await client().send('GET', '/health/live', undefined, { 'X-Request-Id': 'my-id.1' });
    assert.equal(own.headers.get('X-Request-Id'), 'my-id.1');
    const unfit = await client().send('GET', '/health/live', undefined, { 'X-Request-Id': 'a b' });
    assert.match(unfit.headers.get('X-Request-Id') ?? '', /^[0-9a-f-]{36}$/);
  });

  registrar.test(
    'an entry: written, read by id in the order asked, updated, its history, deleted',
    async () => {
      const first = await client().write('A life, first', 'Told step by step. '.repeat(30), {
        tags: ['b', 'a'],
      });
      const second = await client().write('A life, second', 'Short');
      assert.match(first.entry_id, /^EXP-TST-/);
      assert.equal(first.version, 1);
      const { entries } = await client().read({ ids: [second.entry_id, 'EXP-TST-none', first.entry_id] });
      assert.deepEqual(
        entries.map((entry) => entry.id),
        [second.entry_id, first.entry_id],
      );
      assert.equal(entries[0]!.reason, 'id_lookup');
      assert.equal(entries[0]!.provider, 'direct');
      assert.equal(entries[1]!.playbook_truncated, true);
      assert.equal(entries[1]!.playbook, undefined, 'a preview by default');
      const full = await client().read({ ids: [first.entry_id], fields: ['playbook', 'context'] });
      assert.equal(full.entries[0]!.playbook, 'Told step by step. '.repeat(30));

      const updated = await client().ok(
        updateResponse,
        client().post('/api/v1/entries/update/', {
          entity_type: 'experience',
          category_code: 'TST',
          entry_id: first.entry_id,
          updates: { title: 'A new title' },
          expected_version: 1,
        }),
      );
      assert.equal(updated.version, 2);
      const one = await client().ok(entryResponse, client().send('GET', `/api/v1/entries/${first.entry_id}`));
      assert.equal(one.version, 2);
      const body = { entity_type: 'experience', entry_id: first.entry_id };
      await client().refused(client().post('/api/v1/entries/delete', body, { 'If-Match': '"1"' }), 412);
      assert.equal((await client().remove(first.entry_id)).version, 3);
      await client().refused(client().send('GET', `/api/v1/entries/${first.entry_id}`), 404);
      const { history } = await client().ok(
        historyResponse,
        client().send('GET', `/api/v1/entries/${first.entry_id}/history`),
      );
      assert.deepEqual(
        history.map((record) => record.op),
        ['create', 'update', 'delete'],
      );
    },
  );

  registrar.test('contextual needs force_contextual on an update', async () => {
    const { entry_id } = await client().write('To become contextual', 'Soon');
    const body = {
      entity_type: 'experience',
      category_code: 'TST',
      entry_id,
      updates: { section: 'contextual', context: { when: 'now' } },
    };
    await client().refused(client().post('/api/v1/entries/update', body), 400);
    await client().ok(
      updateResponse,
      client().post('/api/v1/entries/update', { ...body, force_contextual: true }),
    );
  });

  registrar.test('a skill: metadata as an object or as JSON text, its name unique', async () => {
    const name = `skill-${crypto.randomUUID()}`;
    const skill = {
      entity_type: 'skill',
      category_code: 'TST',
      data: { name, description: 'For tests', content: '# Steps', metadata: '{"level":3}' },
    };
    const written = await client().ok(writeResponse, client().post('/api/v1/entries/write', skill));
    assert.match(written.entry_id, /^SKL-TST-/);
    assert.deepEqual(written.entry.entity_type === 'skill' && written.entry.metadata, { level: 3 });
    await client().refused(client().post('/api/v1/entries/write', skill), 409);
  });

  registrar.test('a near duplicate is told of before anyone searches for it', async () => {
    const text = [
      'Rotate signing keys weekly',
      'Create the new key, publish both, then retire the old key.',
    ] as const;
    await client().write(...text);
    const again = await client().write(...text);
    assert.equal(again.recommendation, 'review_first');
    assert.ok(again.duplicates!.length > 0);
    const check = { entity_type: 'experience', category_code: 'TST', title: text[0], content: text[1] };
    const { candidates } = await client().ok(
      duplicatesResponse,
      client().post('/api/v1/search/duplicates', check),
    );
    assert.ok(candidates[0]!.score >= 0.85);
    const skipped = await client().ok(
      writeResponse,
      client().post('/api/v1/entries/write', experience(...text, { duplicates: 'skip' })),
    );
    assert.equal(skipped.duplicates, undefined);
  });

  registrar.test('a session remembers what was viewed and cited', async () => {
    const { entry_id } = await client().write('Seen in a session', 'Seen in a session only');
    const headers = { 'X-CHL-Session': crypto.randomUUID() };
    await client().read({ ids: [entry_id] }, headers);
    const cited = client().post('/api/v1/session/cited', { entity_ids: [entry_id] }, headers);
    await client().ok(citedResponse, cited);
    const session = await client().ok(
      sessionResponse,
      client().send('GET', '/api/v1/session/', undefined, headers),
    );
    assert.deepEqual(session.cited_ids, [entry_id]);
    const query = { query: 'seen in a session only', hide_viewed: true };
    const hidden = await client().ok(searchResponse, client().post('/api/v1/search', query, headers));
    assert.ok(!hidden.results.some((one) => one.entity_id === entry_id));
  });

  registrar.test('a save gives the snapshot that index status then names', async () => {
    const saved = await client().ok(saveResponse, client().post('/admin/index/save', {}));
    const status = await client().indexStatus();
    assert.equal(status.snapshot?.generation, saved.generation);
    assert.equal(status.unsaved_changes, 0);
  });

  registrar.test('index status tells who waited for whom, lock by lock', async () => {
    await client().ok(saveResponse, client().post('/admin/index/save', {}));
    const before = await client().indexStatus();
    // One request, one commit, many at once: each lock is taken, and some must wait.
    await Promise.all(
      [1, 2, 3, 4].flatMap((n) => [
        client().write(`Lock ${n}`, `Somebody waits for number ${n}`, { duplicates: 'skip' }),
        client().post('/admin/index/save', {}),
      ]),
    );
    const { locks } = await client().indexStatus();
    for (const name of ['writer', 'index_write', 'index_maintenance'] as const) {
      const { waits, wait_ms, longest_wait_ms, longest_wait_holder } = locks[name];
      const acquisitions = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
      assert.equal(wait_ms.counts.length, wait_ms.bounds.length + 1);
      assert.ok(acquisitions(wait_ms.counts) > acquisitions(before.locks[name].wait_ms.counts), name);
      assert.ok(waits <= acquisitions(wait_ms.counts));
      assert.ok(longest_wait_ms <= wait_ms.sum);
      // Whoever waited for longest waited for somebody.
      assert.equal(longest_wait_holder === null, longest_wait_ms === 0);
    }
    assert.ok(locks.index_maintenance.waits >= 1, 'four saves at once are made one by one');
  });

  registrar.test('/docs needs nothing from elsewhere', async () => {
    const page = await client().send('GET', '/docs');
    const html = await page.text();
    assert.match(page.headers.get('Content-Security-Policy') ?? '', /default-src 'none'.*script-src 'self'/);
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    assert.ok(links.length >= 4);
    for (const link of links) {
      assert.match(link, /^\/docs\//);
      const asset = await client().send('GET', link);
      assert.equal(asset.status, 200, link);
      assert.ok((await asset.arrayBuffer()).byteLength > 0);
    }
  });

  registrar.test('every address of /openapi.json is served, and its examples are taken', async () => {
    const operation = z.object({
      requestBody: z
        .object({
          content: z.record(
            z.string(),
            z.object({ schema: z.looseObject({ examples: z.array(z.unknown()).optional() }) }),
          ),
        })
        .optional(),
    });
    const document = await client().ok(
      z.object({ paths: z.record(z.string(), z.record(z.string(), operation)) }),
      client().send('GET', '/openapi.json'),
    );
    assert.ok(Object.keys(document.paths).length > 20);
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { requestBody }] of Object.entries(methods)) {
        // A rebuild or save is covered elsewhere; this asks only whether somebody is there.
        const response = await client().send('OPTIONS', path.replaceAll(/\{\w+\}/g, 'x'));
        assert.equal(response.status, 405);
        assert.ok(response.headers.get('Allow')?.includes(method.toUpperCase()), `${method} ${path}`);
        for (const example of requestBody?.content['application/json']?.schema.examples ?? []) {
          const answer = await client().post(path, example);
          assert.ok(
            [200, 409].includes(answer.status),
            `${path} with its own example: ${await answer.text()}`,
          );
        }
      }
    }
  });

  registrar.test('an MCP client lists the tools', async () => {
    const response = await client().post(
      '/mcp',
      { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      { Accept: 'application/json, text/event-stream' },
    );
    const answer = z.object({ result: z.object({ tools: z.array(z.object({ name: z.string() })) }) });
    const { result } = await client().ok(answer, response);
    assert.ok(result.tools.some((tool) => tool.name === 'search'));
  });

  registrar.test(
    'a page of another origin and a rebound name are refused where no key is needed',
    async () => {
      const foreign = await client().send('GET', '/api/v1/categories', undefined, {
        Origin: 'http://evil.example',
      });
      await client().refused(foreign, 403);
      const own = await client().send('GET', '/api/v1/categories', undefined, { Origin: client().url });
      assert.equal(own.status, 200, await own.text());
    },
  );
}
