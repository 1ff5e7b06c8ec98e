/**
 * One, two and three services on one libSQL server: searches a second over all of them, CPU a request by
 * process, and how far a replica lags behind while others write. All of it shares this machine's cores,
 * so requests a second cannot grow with the replicas once the cores are busy; the CPU a request says
 * what a machine of its own would do.
 *
 *     npm run bench:replicas -- [dataDir] [--quick] [--seconds 5] [--rounds 3] [--entries 2000]
 */
import process from 'node:process';
import { Sqld } from '../tests/support/sqld.ts';
import { benchArguments } from './support/arguments.ts';
import { loadTexts } from './support/data.ts';
import { runLoad, type LoadResult } from './support/load.ts';
import { costOf } from './support/process-cost.ts';
import { measureLag } from './support/replica-lag.ts';
import { Reporter } from './support/report.ts';
import { searchRequests } from './support/requests.ts';
import { BenchService } from './support/service.ts';
import { spreadOf } from './support/statistics.ts';

const SEED = 1;
const REPLICAS_MAX = 3;
/** Over all replicas: a load balancer has so many clients whatever is behind it. */
const CONNECTIONS = 12;
const WRITES_PER_SECOND = 20;
const POLL_MS = 500;

const given = benchArguments({ seconds: 5, rounds: 3, entries: 2_000 }, { seconds: 2, rounds: 1 });
const data = loadTexts(given.dataDir, SEED, given.entries);
const reporter = new Reporter({
  bench: 'replicas',
  seed: SEED,
  parameters: {
    data: data.origin,
    entries: data.entries.length,
    connections: CONNECTIONS,
    writesPerSecond: WRITES_PER_SECOND,
    pollMs: POLL_MS,
    rounds: given.rounds,
    secondsARound: given.seconds,
  },
});

const server = await Sqld.start();
const services: BenchService[] = [];
try {
  for (let count = 1; count <= REPLICAS_MAX; count += 1) {
    const service = await BenchService.start({
      CHL_DATABASE_URL: server.url,
      CHL_REPLICA_POLL_MS: String(POLL_MS),
      CHL_EMBEDDER: 'hash',
      CHL_LOG_LEVEL: 'info',
    });
    services.push(service);
    if (count === 1) reporter.say(`loaded in ${(await service.load(data.entries)).toFixed(1)} s`);
    await service.settled();
    await measure(services);
  }
  reporter.note(
    'CPU ms a request: serving and index are means over the replicas, server is sqld. On one machine all of them share its cores.',
  );
  reporter.note(
    `Lag: from the acknowledgement of a write to the first answer of another replica that has it, without X-CHL-Min-Seq, at ${WRITES_PER_SECOND} writes/s in all.`,
  );
} finally {
  await Promise.all(services.map((service) => service.stop()));
  await server.stop();
}
process.exitCode = reporter.finish().rows.some((row) => row['errors'] !== 0) ? 1 : 0;

async function measure(replicas: readonly BenchService[]): Promise<void> {
  const rounds: Round[] = [];
  for (let round = 0; round <= given.rounds; round += 1) {
    // Round 0 warms the compiler up and is not counted.
    const result = await searchAll(replicas, round === 0 ? 1 : given.seconds);
    if (round > 0) rounds.push(result);
  }
  const of = (pick: (round: Round) => number) => spreadOf(rounds.map(pick));
  const lagMs =
    replicas.length < 2
      ? null
      : await measureLag(replicas, {
          data,
          writesPerSecond: WRITES_PER_SECOND,
          seconds: given.seconds * given.rounds,
        });
  reporter.add({
    replicas: replicas.length,
    'searches/s': of(({ perSecond }) => perSecond),
    'p99 ms': of(({ p99Ms }) => p99Ms),
    'CPU ms serving': of(({ cpuMs }) => cpuMs.serving),
    'CPU ms index': of(({ cpuMs }) => cpuMs.index),
    'CPU ms server': of(({ cpuMs }) => cpuMs.server),
    'lag p50 ms': lagMs === null ? null : lagMs.p50Ms,
    'lag p99 ms': lagMs === null ? null : lagMs.p99Ms,
    errors: sum(rounds, (round) => round.errors),
  });
}

interface Round {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly cpuMs: { readonly serving: number; readonly index: number; readonly server: number };
  readonly errors: number;
}

/** All replicas at once, each with its share of the connections. */
async function searchAll(replicas: readonly BenchService[], seconds: number): Promise<Round> {
  const connections = CONNECTIONS / replicas.length;
  const serverBefore = costOf(server.pid).cpuSeconds;
  const results = await Promise.all(
    replicas.map((service) =>
      runLoad(service, {
        connections,
        seconds,
        requestsOf: (connection) => searchRequests(data, connection, connections),
      }),
    ),
  );
  const serverSeconds = costOf(server.pid).cpuSeconds - serverBefore;
  const requests = sum(results, (result) => result.requests);
  const weighted = (pick: (result: LoadResult) => number): number =>
    sum(results, (result) => pick(result) * result.requests) / requests;
  return {
    perSecond: sum(results, (result) => result.perSecond),
    p99Ms: Math.max(...results.map((result) => result.p99Ms)),
    cpuMs: {
      serving: weighted(({ cpuMs }) => cpuMs.serving),
      index: weighted(({ cpuMs }) => cpuMs.index),
      server: (serverSeconds * 1000) / requests,
    },
    errors: sum(results, (result) => result.errors),
  };
}

function sum<T>(list: readonly T[], pick: (one: T) => number): number {
  return list.reduce((total, one) => total + pick(one), 0);
}
