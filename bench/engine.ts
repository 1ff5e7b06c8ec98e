/**
 * The engine in this process, over real vectors: recall@10 against latency by backend, kind, filter,
 * tombstones and queries in flight; the time to build and the bytes a vector takes.
 *
 *     npm run bench:engine -- [dataDir] [--quick] [--vectors 20000] [--queries 100] [--rounds 5]
 */
import { benchArguments } from './support/arguments.ts';
import { loadVectors } from './support/data.ts';
import { EngineWorld, FILTERS, type Scenario } from './support/engine-world.ts';
import { Reporter } from './support/report.ts';
import { spreadOf } from './support/statistics.ts';

const SEED = 1;
const given = benchArguments(
  { vectors: 20_000, queries: 100, rounds: 5 },
  { vectors: 5_000, queries: 50, rounds: 3 },
);
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

const SCENARIOS: readonly (Scenario & { readonly tombstones: readonly number[] })[] = [
  { backend: 'faiss-node', kind: 'hnsw', segments: 'one', tombstones: [0, 0.05, 0.1] },
  { backend: 'faiss-node', kind: 'flat', segments: 'one', tombstones: [0, 0.05, 0.1] },
  { backend: 'faiss-node', kind: 'flat', segments: 'many', tombstones: [0] },
  { backend: 'hnswlib-wasm', kind: 'hnsw', segments: 'one', tombstones: [0, 0.1] },
  { backend: 'flat', kind: 'flat', segments: 'one', tombstones: [0] },
];

for (const scenario of SCENARIOS) {
  const world = await EngineWorld.open(data, scenario);
  for (const share of scenario.tombstones) {
    await world.bury(share);
    for (const filter of Object.keys(FILTERS)) {
      // Tombstones change nothing where a filter is answered by scoring every document.
      if (share > 0 && filter !== 'none') continue;
      const inFlight = filter === 'none' ? [1, 32, 64] : [1];
      for (const count of inFlight) await measure(world, scenario, share, filter, count);
    }
  }
  await world.close();
}
reporter.finish();

async function measure(
  world: EngineWorld,
  { backend, kind }: Scenario,
  tombstones: number,
  filter: string,
  inFlight: number,
): Promise<void> {
  // The compiler's time is not the search's.
  await world.millisecondsPerQuery(filter, inFlight, given.queries);
  const rounds: number[] = [];
  for (let round = 0; round < given.rounds; round += 1) {
    rounds.push(await world.millisecondsPerQuery(filter, inFlight, given.queries));
  }
  reporter.add({
    backend,
    kind,
    segments: await world.segmentCount(),
    tombstones: `${tombstones * 100} %`,
    filter,
    'in flight': inFlight,
    'ms/query': spreadOf(rounds),
    // How many are in flight changes the time, not the answer.
    'recall@10': inFlight === 1 ? await world.recallAt10(filter, given.queries) : null,
    'build s': world.buildSeconds,
    // Of one segment: what still grows is not among those of an import.
    'bytes/vector': world.buildSeconds === null ? null : await world.bytesPerVector(),
  });
}
