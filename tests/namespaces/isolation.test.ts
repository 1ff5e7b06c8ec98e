import process from 'node:process';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readResponse } from '../../src/service/contract/read.ts';
import { freshEnvironment, startService, type RunningService } from '../cli/running-service.ts';
import { Client } from '../http/support/client.ts';

/**
 * Any sequence of requests, by any key, to any namespace. Every entry carries a word that says where
 * it was written; no answer anywhere may hold the word of another place, and what one place holds is
 * what was written there. Two places for three namespaces: they are closed and opened all the time.
 * `CHL_FUZZ_SEED` repeats a run, `CHL_FUZZ_RUNS` makes it longer.
 */

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const seed = Number(process.env['CHL_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env['CHL_FUZZ_RUNS'] ?? 15);
process.stdout.write(`property test of namespaces: CHL_FUZZ_SEED=${seed} CHL_FUZZ_RUNS=${numRuns}\n`);

const PLACES = ['', 'a', 'b', 'c'] as const;
type Place = (typeof PLACES)[number];

/** Where each key leads, and what it may do there. */
const KEYS = [
  { key: 'key-a-write', places: ['a'], writes: true },
  { key: 'key-b-write', places: ['b'], writes: true },
  { key: 'key-b-reads', places: ['b'], writes: false },
  { key: 'key-of-a-and-c', places: ['a', 'c'], writes: true },
  { key: 'key-outside', places: [''], writes: true },
  { key: 'key-operator', places: PLACES, writes: true },
] as const satisfies readonly {
  readonly key: string;
  readonly places: readonly Place[];
  readonly writes: boolean;
}[];
type Key = (typeof KEYS)[number];

const mark = (place: Place): string => `mark0${place === '' ? 'outside' : `in${place}`}`;
const base = (place: Place): string => (place === '' ? '' : `/ns/${place}`);

let service: RunningService;
let dispose: () => Promise<void>;
/** What was acknowledged and not deleted. */
const held = new Map<Place, Map<string, string>>(PLACES.map((place) => [place, new Map()]));
/** Of every place, deleted ones too: ids that were asked for elsewhere. */
const ids: { readonly place: Place; readonly id: string; readonly seq: string }[] = [];

beforeAll(async () => {
  const fresh = await freshEnvironment({
    CHL_NAMESPACES: 'on',
    CHL_NAMESPACES_MAX_OPEN: '2',
    CHL_EMBEDDER: 'hash',
    CHL_API_KEYS: [
      'ka:write@a:key-a-write',
      'kb:write@b:key-b-write',
      'kr:read@b:key-b-reads',
      'kc:write@a+c:key-of-a-and-c',
      'ko:write:key-outside',
      'ops:admin:key-operator',
    ].join(','),
  });
  dispose = fresh.dispose;
  service = await startService(fresh.environment);
  const operator = clientOf(KEYS[5], '');
  for (const name of PLACES.slice(1))
    expect((await operator.post('/admin/namespaces', { name })).status).toBe(200);
});
afterAll(async () => {
  await service?.stop();
  await dispose?.();
});

const clientOf = ({ key }: Key, place: Place): Client =>
  new Client(service.url + base(place), { Authorization: `Bearer ${key}`, 'X-CHL-Session': 'one-for-all' });

const REQUESTS = [
  'write',
  'update',
  'delete',
  'import',
  'search',
  'vector search',
  'read',
  'ids',
  'by id',
  'history',
  'list',
  'export',
  'changes',
  'since',
  'session',
  'duplicates',
  'mcp search',
  'mcp read',
  'mcp resource',
  'metrics',
] as const;

interface Step {
  readonly request: (typeof REQUESTS)[number];
  readonly key: Key;
  readonly place: Place;
  /** Chooses among the ids that were ever given, of whatever place. */
  readonly pick: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  request: fc.constantFrom(...REQUESTS),
  key: fc.constantFrom(...KEYS),
  place: fc.constantFrom(...PLACES),
  pick: fc.nat(),
});

const mcp = (client: Client, method: string, params: unknown): Promise<Response> =>
  client.post(
    '/mcp',
    { jsonrpc: '2.0', id: 1, method, params },
    { Accept: 'application/json, text/event-stream' },
  );

let written = 0;

function send({ request, key, place, pick }: Step): Promise<Response> {
  const client = clientOf(key, place);
  const known = ids.length === 0 ? undefined : ids[pick % ids.length];
  const id = known?.id ?? 'EXP-TST-1';
  const data = {
    section: 'useful',
    title: `Entry ${(written += 1)}`,
    playbook: `Here ${mark(place)} it stays`,
  };
  const entry = { entity_type: 'experience', category_code: 'TST' };
  const words = PLACES.map(mark).join(' ');
  switch (request) {
    case 'write':
      return client.post('/api/v1/entries/write', { ...entry, data, duplicates: 'skip' });
    case 'update':
      return client.post('/api/v1/entries/update', {
        ...entry,
        entry_id: id,
        updates: { title: data.title },
      });
    case 'delete':
      return client.post('/api/v1/entries/delete', { entity_type: 'experience', entry_id: id });
    case 'import':
      return client.send(
        'POST',
        '/api/v1/entries/import',
        JSON.stringify({ ...entry, ref: 'the same everywhere', ...data }),
        { 'Content-Type': 'application/x-ndjson' },
      );
    case 'search':
      return client.post('/api/v1/search/', { query: words, limit: 25 });
    case 'vector search':
      return client.post('/api/v1/search/', { query: words, limit: 25, mode: 'vector' });
    case 'read':
      return client.post('/api/v1/entries/read', {
        entity_type: 'experience',
        query: words,
        fields: ['playbook'],
      });
    case 'ids':
      return client.post('/api/v1/entries/read', {
        entity_type: 'experience',
        ids: ids.map((one) => one.id).slice(-50),
        fields: ['playbook'],
      });
    case 'by id':
      return client.send('GET', `/api/v1/entries/${id}`);
    case 'history':
      return client.send('GET', `/api/v1/entries/${id}/history`);
    case 'list':
      return client.post('/api/v1/entries/read', { ...entry, fields: ['playbook'] });
    case 'export':
      return client.send('GET', '/api/v1/entries/export.ndjson');
    case 'changes':
      return client.send('GET', '/api/v1/changes?since=0&limit=1000');
    case 'since':
      return client.post(
        '/api/v1/search/',
        { query: words },
        known === undefined || known.place !== place ? {} : { 'X-CHL-Min-Seq': known.seq },
      );
    case 'session':
      return client.send('GET', '/api/v1/session/');
    case 'duplicates':
      return client.post('/api/v1/search/duplicates', {
        entity_type: 'experience',
        title: data.title,
        content: words,
        limit: 10,
        threshold: 0,
      });
    case 'mcp search':
      return mcp(client, 'tools/call', { name: 'search', arguments: { query: words } });
    case 'mcp read':
      return mcp(client, 'tools/call', {
        name: 'read_entries',
        arguments: { entity_type: 'experience', ids: [id], fields: ['playbook'] },
      });
    case 'mcp resource':
      return mcp(client, 'resources/read', { uri: `chl://entry/${id}` });
    case 'metrics':
      return client.send('GET', '/metrics');
    default:
      return request satisfies never;
  }
}

const CHANGING: ReadonlySet<string> = new Set(['write', 'update', 'delete', 'import']);

async function check(one: Step): Promise<void> {
  const { request, key, place, pick } = one;
  const known = ids.length === 0 ? undefined : ids[pick % ids.length];
  const response = await send(one);
  const text = await response.text();
  const what = `${request} by ${key.key} in "${place}": ${response.status} ${text.slice(0, 400)}`;
  expect(response.status, what).toBeLessThan(500);
  for (const other of PLACES) if (other !== place) expect(text, what).not.toContain(mark(other));
  if (!(key.places as readonly Place[]).includes(place)) {
    expect(response.status, what).toBe(403);
    for (const { id } of ids) expect(text, what).not.toContain(id);
    return;
  }
  if (CHANGING.has(request) && !key.writes) return expect(response.status, what).toBe(403);
  // An id may be asked for anywhere, and is told back; beyond that no other place's is known here.
  for (const { id, place: home } of ids)
    if (home !== place && id !== known?.id) expect(text, what).not.toContain(id);
  if (
    known !== undefined &&
    known.place !== place &&
    ['update', 'delete', 'by id', 'history'].includes(request)
  )
    expect(response.status, what).toBe(404);
  if (response.status === 200) remember(request, place, known?.id, text);
}

function remember(request: Step['request'], place: Place, id: string | undefined, text: string): void {
  const here = held.get(place)!;
  if (request === 'write') {
    const { entry_id, seq } = JSON.parse(text) as { entry_id: string; seq: string };
    ids.push({ place, id: entry_id, seq });
    here.set(entry_id, mark(place));
  } else if (request === 'import') {
    const line = JSON.parse(text) as { entry_id?: string; id?: string };
    const imported = line.entry_id ?? line.id;
    if (imported !== undefined) here.set(imported, mark(place));
  } else if (request === 'delete' && id !== undefined) here.delete(id);
}

test('no sequence of requests lets one namespace see or change what another holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      for (const one of steps) await check(one);
    }),
    { seed, numRuns, endOnFailure: true },
  );
  for (const place of PLACES) {
    const client = clientOf(KEYS[5], place);
    const ofPlace = [...held.get(place)!.keys()];
    const { entries } = await client.ok(
      readResponse,
      client.post('/api/v1/entries/read', { entity_type: 'experience', category_code: 'TST', limit: 1_000 }),
    );
    expect(entries.map(({ id }) => id).toSorted(), `what "${place}" holds`).toEqual(ofPlace.toSorted());
  }
});

test('many at once: answers do not cross', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 80 }), async (steps) => {
      const reading = steps.filter(({ request }) => !CHANGING.has(request));
      await Promise.all(reading.map(check));
    }),
    { seed, numRuns: 5, endOnFailure: true },
  );
});
