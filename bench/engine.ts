/**
 * The engine in this process, over real vectors: recall@10 against latency by backend, kind, filter,
 * tombstones and queries in flight; the time to build and the bytes a vector takes.
 *
 *     npm run bench:engine -- [dataDir] [--vectors 20000] [--queries 100] [--rounds 3]
 */
import { benchArguments } from './support/arguments.ts';
import { loadVectors } from './support/data.ts';
import { EngineWorld, FILTERS, type Scenario } from './support/engine-world.ts';
import { Reporter } from './support/report.ts';
import { spreadOf } from './support/statistics.ts';

const SEED = 1;
const given = benchArguments({ vectors: 20_000, queries: 100, rounds: 3, only: 0 });
const data = loadVectors(given.dataDir, SEED, given.vectors);
const reporter = new Reporter({
  bench: 'engine',
  seed: SEED,
  parameters: {
    data: data.origin,
    vectors: given.vectors,
    dimension: data.dimension,
    queries: given.queries,
    rounds: given.rounds,
  },
});

const SCENARIOS: readonly Scenario[] = [
  { backend: 'faiss-node', kind: 'hnsw', tombstones: 0 },
  { backend: 'faiss-node', kind: 'hnsw', tombstones: 0.05 },
  { backend: 'faiss-node', kind: 'hnsw', tombstones: 0.1 },
  { backend: 'faiss-node', kind: 'flat', tombstones: 0 },
  { backend: 'faiss-node', kind: 'flat', tombstones: 0.1 },
  { backend: 'flat', kind: 'flat', tombstones: 0 },
];

for (const scenario of SCENARIOS) {
  const world = await EngineWorld.open(data, scenario);
  for (const filter of Object.keys(FILTERS)) {
    // Tombstones change nothing where a filter is answered by scoring every document.
    if (scenario.tombstones > 0 && filter !== 'none') continue;
    for (const inFlight of filter === 'none' ? [1, 32, 64] : [1]) {
      // The compiler's time is not the search's.
      await world.millisecondsPerQuery(filter, inFlight, given.queries);
      const rounds: number[] = [];
      for (let round = 0; round < given.rounds; round += 1) {
        rounds.push(await world.millisecondsPerQuery(filter, inFlight, given.queries));
      }
      reporter.add({
        backend: scenario.backend,
        kind: scenario.kind,
        tombstones: `${scenario.tombstones * 100} %`,
        filter,
        'in flight': inFlight,
        'ms/query': spreadOf(rounds),
        'recall@10': await world.recallAt10(filter, given.queries),
        'build s': world.buildSeconds,
        'bytes/vector': world.bytesPerVector,
      });
    }
  }
  await world.close();
}
reporter.finish();
