/**
 * Mixed load for minutes: does memory grow, do files stay open, does latency drift? One row a slice.
 *
 *     npm run bench:soak -- [dataDir] [--quick] [--minutes 5] [--slices 10]
 */
import { benchArguments } from './support/arguments.ts';
import { loadTexts } from './support/data.ts';
import { runMixedLoad } from './support/mixed-load.ts';
import { Reporter } from './support/report.ts';
import { BenchService } from './support/service.ts';

const SEED = 1;
const CONNECTIONS = 10;
const given = benchArguments({ minutes: 5, slices: 10, entries: 20_000 }, { minutes: 1, slices: 4 });
const data = loadTexts(given.dataDir, SEED, given.entries);
const reporter = new Reporter({
  bench: 'soak',
  seed: SEED,
  parameters: { data: data.origin, minutes: given.minutes, connections: CONNECTIONS },
});
const service = await BenchService.start();
let errors = 0;
try {
  await service.load(data.entries);
  for (let slice = 1; slice <= given.slices; slice += 1) {
    const seconds = (given.minutes * 60) / given.slices;
    const result = await runMixedLoad(service, data, { connections: CONNECTIONS, seconds, round: slice });
    const { index_size } = await service.indexStatus();
    errors += result.errors;
    if (result.problems !== '') reporter.note(`Slice ${slice}: ${result.problems}.`);
    reporter.add({
      'after min': (slice * given.minutes) / given.slices,
      'requests/s': result.perSecond,
      'p50 ms': result.p50Ms,
      'p99 ms': result.p99Ms,
      vectors: index_size,
      'resident MiB': service.residentBytes() / 2 ** 20,
      'open files': service.openFiles(),
      errors: result.errors,
    });
  }
} finally {
  await service.stop();
}
reporter.finish();
process.exitCode = errors > 0 ? 1 : 0;
