/**
 * Durable single writes over HTTP: every 2xx has survived its fsync when it is counted. By save policy
 * and connections; with and without the duplicate check; and for a minute on end, with what the index
 * still lacked when the load ended. Fsyncs are counted by the kernel, in all processes of the service.
 *
 *     npm run bench:writes -- [dataDir] [--quick] [--seconds 5] [--rounds 2] [--sustained 60]
 */
import process from 'node:process';
import { benchArguments } from './support/arguments.ts';
import { loadTexts } from './support/data.ts';
import { runLoad, type LoadResult } from './support/load.ts';
import { metric } from './support/metrics.ts';
import { Reporter } from './support/report.ts';
import { writeRequests } from './support/requests.ts';
import { BenchService } from './support/service.ts';
import { spreadOf } from './support/statistics.ts';
import { SyncCounter } from './support/sync-count.ts';

const SEED = 1;
const REQUESTS_A_CONNECTION = 3_000;
const given = benchArguments(
  { seconds: 5, rounds: 2, sustained: 60, entries: 20_000 },
  { seconds: 2, rounds: 1, sustained: 10 },
);
const data = loadTexts(given.dataDir, SEED, given.entries);
const reporter = new Reporter({
  bench: 'writes',
  seed: SEED,
  parameters: {
    data: data.origin,
    before: given.entries,
    rounds: given.rounds,
    secondsARound: given.seconds,
    sustainedSeconds: given.sustained,
  },
});

interface Case {
  readonly duplicates: 'skip' | 'check';
  readonly connections: number;
  readonly rounds: number;
  readonly seconds: number;
}

const short = { rounds: given.rounds, seconds: given.seconds };
const CASES: readonly Case[] = [
  { duplicates: 'skip', connections: 1, ...short },
  { duplicates: 'skip', connections: 10, ...short },
  { duplicates: 'skip', connections: 50, ...short },
  { duplicates: 'skip', connections: 50, rounds: 1, seconds: given.sustained },
];
const CHECKED_CASES: readonly Case[] = [
  { duplicates: 'check', connections: 1, ...short },
  { duplicates: 'check', connections: 50, ...short },
  { duplicates: 'check', connections: 50, rounds: 1, seconds: given.sustained },
];

let errors = 0;
for (const policy of ['immediate', 'periodic'] as const) {
  // A service for each: a check costs more the more entries there are.
  for (const cases of [CASES, CHECKED_CASES]) {
    const service = await BenchService.start({ CHL_FAISS_SAVE_POLICY: policy });
    try {
      await service.load(data.entries);
      for (const [at, one] of cases.entries()) await measure(service, policy, one, at);
    } finally {
      await service.stop();
    }
  }
}
process.exitCode = reporter.finish() && errors > 0 ? 1 : 0;

/** @param mark tells the cases of one service apart: each writes texts of its own */
async function measure(service: BenchService, policy: string, one: Case, mark: number): Promise<void> {
  const { duplicates, connections, seconds } = one;
  const committedBefore = await metric(service, 'chl_committed_operations_total');
  const indexedBefore = (await service.settled()).index_size;
  const counter = await SyncCounter.start([service.pid, service.indexPid]);
  const rounds: LoadResult[] = [];
  for (let round = 0; round < one.rounds; round += 1) {
    rounds.push(
      await runLoad(service, {
        connections,
        seconds,
        requestsOf: (connection) =>
          writeRequests(data, connection, mark * 100 + round, REQUESTS_A_CONNECTION, duplicates),
      }),
    );
  }
  const syncs = (await counter?.stop()) ?? null;
  const committed = (await metric(service, 'chl_committed_operations_total')) - committedBefore;
  // In this order: what is committed in between is not behind.
  const after = await service.indexStatus();
  const indexed = after.index_size - indexedBefore;
  const of = (pick: (result: LoadResult) => number) => spreadOf(rounds.map(pick));
  const failed = rounds.reduce((sum, result) => sum + result.errors, 0);
  errors += failed;
  for (const { problems } of rounds) if (problems !== '') reporter.note(`${policy}: ${problems}.`);
  reporter.add({
    policy,
    'duplicate check': duplicates === 'check' ? 'yes' : 'no',
    connections,
    seconds,
    'writes/s': of(({ perSecond }) => perSecond),
    'p50 ms': of(({ p50Ms }) => p50Ms),
    'p99 ms': of(({ p99Ms }) => p99Ms),
    'worst ms': of(({ worstMs }) => worstMs),
    'fsyncs a write': syncs === null ? null : syncs / committed,
    'index behind': Math.max(0, committed - indexed),
    // Beyond one segment's worth, builds have not kept pace with the writes.
    'rows unsealed': after.growing.rows,
    segments: after.segments.length,
    'CPU ms serving': of(({ cpuMs }) => cpuMs.serving),
    'CPU ms index': of(({ cpuMs }) => cpuMs.index),
    errors: failed,
  });
}
