/**
 * Cold start of the edge bundle: from the spawn of `deno serve --allow-net` to its first vector answer,
 * out of the snapshot that an isolate before it has stored in a libSQL server.
 *
 *     npm run bench:edge -- [dataDir] [--entries 20000] [--rounds 9]
 */
import { EdgeBundle, type EdgeServer } from '../tests/support/edge-server.ts';
import { Sqld } from '../tests/support/sqld.ts';
import { benchArguments } from './support/arguments.ts';
import { loadTexts } from './support/data.ts';
import { Reporter } from './support/report.ts';
import { spreadOf } from './support/statistics.ts';

const SEED = 1;
const given = benchArguments({ entries: 20_000, rounds: 9 });
const data = loadTexts(given.dataDir, SEED, given.entries);
const reporter = new Reporter({
  bench: 'edge',
  seed: SEED,
  parameters: { entries: given.entries, rounds: given.rounds, data: data.origin },
});
reporter.note('Seconds count from the spawn of the process; the libSQL server is on the same machine.');

const sqld = await Sqld.start();
const bundle = await EdgeBundle.build();
const start = (): Promise<EdgeServer> => bundle.serve({ CHL_DATABASE_URL: sqld.url, CHL_RATE_LIMIT: '0' });
try {
  await fill();
  const [listening, answered]: number[][] = [[], []];
  let recovery = '';
  for (let round = 0; round < given.rounds; round += 1) {
    const startedMs = performance.now();
    const isolate = await start();
    listening!.push((performance.now() - startedMs) / 1000);
    await firstVectorAnswer(isolate, data.queries[round % data.queries.length]!);
    answered!.push((performance.now() - startedMs) / 1000);
    const status = (await asked(isolate, '/admin/index/status')) as {
      readonly index_size: number;
      readonly recovery: { readonly source: string; readonly replayed: number };
    };
    recovery = `${status.recovery.source}, ${status.index_size} vectors, ${status.recovery.replayed} replayed`;
    await isolate.kill();
  }
  reporter.add({
    entries: given.entries,
    'listening s': spreadOf(listening!),
    'first vector answer s': spreadOf(answered!),
    'opened from': recovery,
  });
  reporter.finish();
} finally {
  await sqld.stop();
  await bundle.remove();
}

/** Where an isolate needs longer than a request waits, text search answers first, and says so. */
async function firstVectorAnswer(isolate: EdgeServer, query: string): Promise<void> {
  for (;;) {
    const { mode } = (await asked(isolate, '/api/v1/search/', { query, mode: 'vector' })) as {
      readonly mode: string;
    };
    if (mode === 'vector') return;
  }
}

/** Everything in one import; then the snapshot. */
async function fill(): Promise<void> {
  const isolate = await start();
  for (const code of new Set(data.entries.map((entry) => entry.category_code))) {
    await fetch(`${isolate.url}/api/v1/categories/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code, name: code.toLowerCase(), description: 'Of a bench' }),
    });
  }
  const startedMs = performance.now();
  const response = await fetch(`${isolate.url}/api/v1/entries/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: data.entries.map((entry) => JSON.stringify(entry)).join('\n'),
  });
  const refused = (await response.text()).split('\n').find((line) => line.includes('"error"'));
  if (!response.ok || refused !== undefined) throw new Error(`The import failed: ${refused}`);
  reporter.say(`imported in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  await asked(isolate, '/admin/index/rebuild', {});
  await asked(isolate, '/admin/index/save', {});
  await isolate.kill();
}

async function asked(isolate: EdgeServer, path: string, body?: unknown): Promise<unknown> {
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const response = await fetch(isolate.url + path, body === undefined ? {} : post);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
