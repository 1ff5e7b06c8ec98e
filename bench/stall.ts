/**
 * What maintenance does to searches: their p99, and the longest delay of the event loop of the serving
 * process and of the index process, at rest and during saves, a rebuild and the merges of an import.
 * The load goes on until the work is done, so that its end is measured, too; it is a rate that
 * leaves half of two cores, because a builder at low priority would wait for ever for a core that a
 * load without a bound keeps busy.
 *
 *     npm run bench:stall -- [dataDir] [--quick] [--entries 100000] [--seconds 8] [--rate 500]
 */
import process from 'node:process';
import { benchArguments } from './support/arguments.ts';
import { loadTexts } from './support/data.ts';
import { runLoad, type LoadResult } from './support/load.ts';
import { LoopDelays } from './support/loop-delay.ts';
import { Reporter } from './support/report.ts';
import { searchRequests, writeRequests } from './support/requests.ts';
import { BenchService } from './support/service.ts';

const SEED = 1;
const CONNECTIONS = 10;
const IMPORTED_MEANWHILE = 3_000;
const given = benchArguments({ entries: 100_000, seconds: 8, rate: 500 }, { entries: 20_000, seconds: 5 });
const data = loadTexts(given.dataDir, SEED, given.entries);
const reporter = new Reporter({
  bench: 'stall',
  seed: SEED,
  parameters: {
    data: data.origin,
    entries: given.entries,
    connections: CONNECTIONS,
    searchesASecond: given.rate,
    seconds: given.seconds,
  },
});
const loopDelays = await LoopDelays.create();
const service = await BenchService.start(loopDelays.environment);
let errors = 0;
let rest: LoadResult | null = null;
try {
  reporter.say(`imported in ${(await service.load(data.entries)).toFixed(1)} s`);
  await service.settled();
  await searching();
  rest = await during('at rest', () => Promise.resolve());
  await during('saving', async (untilMs) => {
    while (performance.now() < untilMs) await service.post('/admin/index/save', {});
  });
  await during('rebuilding', async () => {
    await service.post('/admin/index/rebuild?wait=false', {});
    await service.settled();
  });
  await during('importing and merging', async () => {
    await importSome();
    await service.settled();
  });

  function searching(until?: Promise<unknown>): Promise<LoadResult> {
    return runLoad(service, {
      connections: CONNECTIONS,
      seconds: given.seconds,
      ratePerSecond: given.rate,
      ...(until === undefined ? {} : { until }),
      requestsOf: (connection) => searchRequests(data, connection, CONNECTIONS),
    });
  }

  /** @param work is given when the load may end at the earliest */
  async function during(what: string, work: (untilMs: number) => Promise<unknown>): Promise<LoadResult> {
    const pids = [service.pid, service.indexPid];
    for (const pid of pids) await loopDelays.longestMs(pid);
    const working = work(performance.now() + given.seconds * 1000);
    const result = await searching(working);
    await working;
    const [serving, index] = await Promise.all(pids.map((pid) => loopDelays.longestMs(pid)));
    errors += result.errors;
    if (result.problems !== '') reporter.note(`${what}: ${result.problems}.`);
    reporter.add({
      during: what,
      'searches/s': result.perSecond,
      'p50 ms': result.p50Ms,
      'p99 ms': result.p99Ms,
      'worst ms': result.worstMs,
      'p99 / at rest': result.p99Ms / (rest ?? result).p99Ms,
      'loop blocked ms, serving': serving!,
      'loop blocked ms, index': index!,
      errors: result.errors,
    });
    return result;
  }

  async function importSome(): Promise<void> {
    const lines = writeRequests(data, 0, 1, IMPORTED_MEANWHILE).map(({ body }) => JSON.stringify(body));
    const response = await fetch(`${service.url}/api/v1/entries/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    await response.text();
  }
} finally {
  await service.stop();
  await loopDelays.close();
}
reporter.finish();
process.exitCode = errors > 0 ? 1 : 0;
