/**
 * Searches and writes over HTTP, from the query's text to ten rendered previews, at 1, 10 and 50
 * connections; beside them the same server's cheapest POST (JSON in, validated, JSON out), which is
 * the price of HTTP. Rounds alternate between the rows, so that a busy moment hits all of them.
 *
 * The first searches are not counted: 50 connections ask for each kind until V8 has compiled what is asked
 * again and again, as in any service that runs for more than a minute (`bench:restart` has the first ones).
 *
 * What writes comes last, at any number of connections: it leaves more entries and more segments behind,
 * and no other row shall pay for that. Each row says how many there were when it began.
 *
 *     npm run bench:http -- [dataDir] [--quick] [--seconds 4] [--rounds 3] [--entries 20000]
 */
import process from 'node:process';
import { benchArguments } from './support/arguments.ts';
import { loadTexts, type TextData } from './support/data.ts';
import { rotated, runLoad, type LoadRequest, type LoadResult } from './support/load.ts';
import { Reporter } from './support/report.ts';
import { BenchService } from './support/service.ts';
import { spreadOf } from './support/statistics.ts';

const SEED = 1;
const CONNECTIONS = [1, 10, 50];
const WRITES_A_CONNECTION = 4_000;
const WARM_SECONDS = 3;

const given = benchArguments({ seconds: 4, rounds: 3, entries: 20_000 }, { seconds: 2, rounds: 1 });
const data = loadTexts(given.dataDir, SEED, given.entries);
const reporter = new Reporter({
  bench: 'http',
  seed: SEED,
  parameters: {
    data: data.origin,
    entries: data.entries.length,
    queries: data.queries.length,
    rounds: given.rounds,
    secondsARound: given.seconds,
  },
});

const service = await BenchService.start({ CHL_LOG_LEVEL: 'info' });
try {
  reporter.say(`loaded in ${(await service.load(data.entries)).toFixed(1)} s`);
  await service.post('/admin/index/rebuild', {});
  const { segments } = await service.settled();
  reporter.note(`Segments: ${segments.map(({ kind, rows }) => `${kind} ${rows}`).join(', ')}.`);
  const { searches, writes } = casesOf(data);
  await warmUp(searches);
  for (const cases of [searches, writes]) {
    for (const connections of CONNECTIONS) await measure(cases, connections);
  }
} finally {
  await service.stop();
}
process.exitCode = reporter.finish().rows.some((row) => row['errors'] !== 0) ? 1 : 0;

async function warmUp(cases: Cases): Promise<void> {
  const connections = 50;
  for (const requestsOf of Object.values(cases)) {
    await runLoad(service, {
      connections,
      seconds: WARM_SECONDS,
      requestsOf: (connection) => requestsOf(connection, connections, 0),
    });
  }
}

async function measure(cases: Cases, connections: number): Promise<void> {
  const { index_size: entries, segments, growing } = await service.settled();
  const before = { entries, segments: segments.length + (growing.rows > 0 ? 1 : 0) };
  const results = new Map<string, LoadResult[]>();
  for (let round = 0; round <= given.rounds; round += 1) {
    for (const [name, requestsOf] of Object.entries(cases)) {
      // Round 0 fills what this many connections find cold, and is not counted.
      const seconds = round === 0 ? 1 : given.seconds;
      const result = await runLoad(service, {
        connections,
        seconds,
        requestsOf: (connection) => requestsOf(connection, connections, round),
      });
      if (round > 0) results.set(name, [...(results.get(name) ?? []), result]);
    }
  }
  for (const [name, rounds] of results) {
    const problems = rounds.map((round) => round.problems).filter((problem) => problem !== '');
    if (problems.length > 0) reporter.note(`${name}, ${connections} connections: ${problems.join('; ')}.`);
    reporter.add({ request: name, connections, ...before, ...figuresOf(rounds) });
  }
}

function figuresOf(rounds: readonly LoadResult[]) {
  const of = (pick: (result: LoadResult) => number) => spreadOf(rounds.map(pick));
  return {
    'requests/s': of(({ perSecond }) => perSecond),
    'p50 ms': of(({ p50Ms }) => p50Ms),
    'p99 ms': of(({ p99Ms }) => p99Ms),
    'CPU ms serving': of(({ cpuMs }) => cpuMs.serving),
    'CPU ms index': of(({ cpuMs }) => cpuMs.index),
    errors: rounds.reduce((sum, { errors }) => sum + errors, 0),
  };
}

type RequestsOf = (connection: number, connections: number, round: number) => readonly LoadRequest[];

type Cases = Readonly<Record<string, RequestsOf>>;

function casesOf({ queries, entries }: TextData): { readonly searches: Cases; readonly writes: Cases } {
  const search =
    (extra: (query: number) => object): RequestsOf =>
    (connection, connections) =>
      rotated(queries, connection, connections).map((query, at) => ({
        method: 'POST',
        path: '/api/v1/search/',
        body: { query, ...extra(at) },
      }));
  const categories = [...new Set(entries.map((entry) => entry.category_code))];
  const write: RequestsOf = (connection, connections, round) =>
    Array.from({ length: WRITES_A_CONNECTION }, (_, at) =>
      writeRequest(entries, connection, connections * 100 + round, at),
    );
  const vector = search(() => ({ mode: 'vector' }));
  const hybrid = search(() => ({}));
  const searches: Cases = {
    'no-op': () => [
      {
        method: 'POST',
        path: '/api/v1/session/cited',
        headers: { 'x-chl-session': 'bench' },
        body: { entity_ids: ['EXP-API-1'] },
      },
    ],
    vector,
    hybrid,
    text: search(() => ({ mode: 'text' })),
    'category, hybrid': search((at) => ({ category: categories[at % categories.length] })),
  };
  const mixed: RequestsOf = (connection, connections, round) => {
    const written = write(connection, connections, round + given.rounds + 1);
    return hybrid(connection, connections, round).flatMap((one, at) =>
      at % 4 === 3 ? [one, written[at]!] : [one],
    );
  };
  return { searches, writes: { 'mixed 80/20': mixed, 'write, no duplicate check': write } };
}

/** A real entry's text with a mark of its own, so that every write is a new entry. */
function writeRequest(
  entries: TextData['entries'],
  connection: number,
  round: number,
  at: number,
): LoadRequest {
  const { entity_type, category_code, data: fields } = entries[(connection * 397 + at) % entries.length]!;
  const playbook = `${fields.playbook} Seen as ${round}-${connection}-${at}.`;
  return {
    method: 'POST',
    path: '/api/v1/entries/write',
    body: { entity_type, category_code, data: { ...fields, playbook }, duplicates: 'skip' },
  };
}
