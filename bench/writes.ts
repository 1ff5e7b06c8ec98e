/**
 * Durable single writes over HTTP: every 2xx has survived its fsync when it is counted. By save policy
 * and connections; with and without the duplicate check. `fsyncs a write` follows from the groups that
 * the committer reports: one fsync of the database's log a group, and under `immediate` one more of the
 * growing log.
 *
 *     npm run bench:writes -- [dataDir] [--seconds 5] [--rounds 2]
 */
import { benchArguments } from './support/arguments.ts';
import { loadTexts } from './support/data.ts';
import { runLoad, type LoadResult } from './support/load.ts';
import { metric } from './support/metrics.ts';
import { Reporter } from './support/report.ts';
import { writeRequests } from './support/requests.ts';
import { BenchService } from './support/service.ts';
import { spreadOf } from './support/statistics.ts';

const SEED = 1;
const REQUESTS_A_CONNECTION = 3_000;
const given = benchArguments({ seconds: 5, rounds: 2, entries: 2_000 });
const data = loadTexts(given.dataDir, SEED, given.entries);
const reporter = new Reporter({
  bench: 'writes',
  seed: SEED,
  parameters: {
    data: data.origin,
    before: given.entries,
    rounds: given.rounds,
    secondsARound: given.seconds,
  },
});

let errors = 0;
for (const policy of ['immediate', 'periodic'] as const) {
  const service = await BenchService.start({ CHL_FAISS_SAVE_POLICY: policy });
  try {
    await service.load(data.entries);
    for (const duplicates of ['skip', 'check'] as const) {
      for (const connections of duplicates === 'skip' ? [1, 10, 50] : [50]) {
        await measure(service, policy, duplicates, connections);
      }
    }
  } finally {
    await service.stop();
  }
}
process.exitCode = reporter.finish() && errors > 0 ? 1 : 0;

async function measure(
  service: BenchService,
  policy: string,
  duplicates: 'skip' | 'check',
  connections: number,
): Promise<void> {
  const rounds: LoadResult[] = [];
  const groupsBefore = await metric(service, 'chl_commit_group_operations_count');
  for (let round = 0; round < given.rounds; round += 1) {
    const mark = Number(`${connections}${round}${duplicates === 'check' ? 1 : 0}`);
    rounds.push(
      await runLoad(service, {
        connections,
        seconds: given.seconds,
        requestsOf: (connection) => writeRequests(data, connection, mark, REQUESTS_A_CONNECTION, duplicates),
      }),
    );
  }
  const groups = (await metric(service, 'chl_commit_group_operations_count')) - groupsBefore;
  const writes = rounds.reduce((sum, { requests }) => sum + requests, 0);
  const of = (pick: (result: LoadResult) => number) => spreadOf(rounds.map(pick));
  const failed = rounds.reduce((sum, result) => sum + result.errors, 0);
  errors += failed;
  reporter.add({
    policy,
    'duplicate check': duplicates === 'check' ? 'yes' : 'no',
    connections,
    'writes/s': of(({ perSecond }) => perSecond),
    'p50 ms': of(({ p50Ms }) => p50Ms),
    'p99 ms': of(({ p99Ms }) => p99Ms),
    'fsyncs a write': (groups * (policy === 'immediate' ? 2 : 1)) / writes,
    'CPU ms serving': of(({ cpuMs }) => cpuMs.serving),
    'CPU ms index': of(({ cpuMs }) => cpuMs.index),
    errors: failed,
  });
}
