/**
 * What a thousand idle readers of changes cost a search: rounds with and without them in turns, in one
 * run, so that a busy moment of the machine hits both. A ratio above 1 is a search that got slower; the
 * aim is at most 1.2.
 *
 *     npm run bench:readers -- [dataDir] [--readers 1000] [--seconds 4] [--rounds 5] [--entries 5000]
 */
import { benchArguments } from './support/arguments.ts';
import { loadTexts } from './support/data.ts';
import { IdleReaders } from './support/idle-readers.ts';
import { runLoad, type LoadResult } from './support/load.ts';
import { Reporter } from './support/report.ts';
import { searchRequests } from './support/requests.ts';
import { BenchService } from './support/service.ts';
import { spreadOf } from './support/statistics.ts';

const SEED = 1;
const CONNECTIONS = [1, 10];

const given = benchArguments({ readers: 1_000, seconds: 4, rounds: 5, entries: 5_000 });
const data = loadTexts(given.dataDir, SEED, given.entries);
const reporter = new Reporter({
  bench: 'readers',
  seed: SEED,
  parameters: {
    data: data.origin,
    entries: data.entries.length,
    readers: given.readers,
    rounds: given.rounds,
    secondsARound: given.seconds,
  },
});

const service = await BenchService.start();
try {
  await service.load(data.entries);
  await service.settled();
  for (const connections of CONNECTIONS) reporter.add(rowOf(connections, await pairs(connections)));
} finally {
  await service.stop();
}
process.exitCode = reporter.finish().rows.some((row) => row['errors'] !== 0) ? 1 : 0;

interface Pair {
  readonly alone: LoadResult;
  readonly beside: LoadResult;
}

async function pairs(connections: number): Promise<readonly Pair[]> {
  const measured: Pair[] = [];
  const load = (seconds: number): Promise<LoadResult> =>
    runLoad(service, {
      connections,
      seconds,
      requestsOf: (connection) => searchRequests(data, connection, connections),
    });
  const beside = async (): Promise<LoadResult> => {
    const { last_seq: since } = await service.indexStatus();
    const readers = await IdleReaders.open(service.url, given.readers, since);
    try {
      return await load(given.seconds);
    } finally {
      await readers.close();
    }
  };
  // Warms the compiler up.
  await load(given.seconds);
  for (let round = 0; round < given.rounds; round += 1) {
    // The order changes, so that a machine that gets busier favours neither.
    if (round % 2 === 0) measured.push({ alone: await load(given.seconds), beside: await beside() });
    else {
      const second = await beside();
      measured.push({ alone: await load(given.seconds), beside: second });
    }
  }
  return measured;
}

function rowOf(connections: number, measured: readonly Pair[]) {
  const slower = (pick: (result: LoadResult) => number) =>
    spreadOf(measured.map(({ alone, beside }) => pick(beside) / pick(alone)));
  const of = (pick: (pair: Pair) => number) => spreadOf(measured.map(pick));
  return {
    connections,
    'p50 ms alone': of(({ alone }) => alone.p50Ms),
    'p50 ms beside readers': of(({ beside }) => beside.p50Ms),
    'p50 ratio': slower(({ p50Ms }) => p50Ms),
    'p99 ratio': slower(({ p99Ms }) => p99Ms),
    'time a search ratio': slower(({ perSecond }) => 1 / perSecond),
    'CPU serving ratio': slower(({ cpuMs }) => cpuMs.serving),
    errors: measured.reduce((sum, { alone, beside }) => sum + alone.errors + beside.errors, 0),
  };
}
