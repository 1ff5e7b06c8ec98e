/**
 * What maintenance does to searches: their p99 and the longest delay of the serving process's event
 * loop, at rest and during saves, a rebuild and the merges of an import.
 *
 *     npm run bench:stall -- [dataDir] [--entries 100000] [--seconds 8]
 */
import { benchArguments } from './support/arguments.ts';
import { loadTexts } from './support/data.ts';
import { runLoad, type LoadResult } from './support/load.ts';
import { Reporter } from './support/report.ts';
import { searchRequests, writeRequests } from './support/requests.ts';
import { BenchService } from './support/service.ts';

const SEED = 1;
const CONNECTIONS = 10;
const IMPORTED_MEANWHILE = 3_000;
const given = benchArguments({ entries: 100_000, seconds: 8 });
const data = loadTexts(given.dataDir, SEED, given.entries);
const reporter = new Reporter({
  bench: 'stall',
  seed: SEED,
  parameters: { data: data.origin, entries: given.entries, connections: CONNECTIONS, seconds: given.seconds },
});
const service = await BenchService.start();
try {
  reporter.say(`imported in ${(await service.load(data.entries)).toFixed(1)} s`);
  await service.settled();
  const searching = (): Promise<LoadResult> =>
    runLoad(service, {
      connections: CONNECTIONS,
      seconds: given.seconds,
      requestsOf: (connection) => searchRequests(data, connection, CONNECTIONS),
    });
  await searching();
  const rest = await searching();
  add('at rest', rest);
  add('saving', await whileSearching(() => service.post('/admin/index/save', {}), true));
  add('rebuilding', await whileSearching(() => service.post('/admin/index/rebuild?wait=false', {}), false));
  await service.settled();
  add('importing and merging', await whileSearching(importSome, false));

  function add(during: string, result: LoadResult): void {
    reporter.add({
      during,
      'searches/s': result.perSecond,
      'p50 ms': result.p50Ms,
      'p99 ms': result.p99Ms,
      'worst ms': result.worstMs,
      'p99 / at rest': result.p99Ms / rest.p99Ms,
      errors: result.errors,
    });
  }

  /** @param again whether the work is repeated for as long as is searched */
  async function whileSearching(work: () => Promise<unknown>, again: boolean): Promise<LoadResult> {
    const untilMs = performance.now() + given.seconds * 1000;
    const searches = searching();
    await work();
    if (again) while (performance.now() < untilMs) await work();
    return searches;
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
}
reporter.finish();
