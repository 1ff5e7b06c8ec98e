/**
 * What sharing costs: the same queries to the bare library, one call after the other, and to the
 * collection with its locks, tombstones, filters, exact rescoring and persistence on. The brief allows
 * ten per cent. In one run and in turns, so that a busy moment hits both.
 *
 *     npm run bench:overhead -- [dataDir] [--quick] [--vectors 20000] [--rounds 25]
 */
import { openFaissBackend } from '../adapters/index/faiss-node/backend.ts';
import { benchArguments } from './support/arguments.ts';
import { loadVectors } from './support/data.ts';
import { EngineWorld } from './support/engine-world.ts';
import { Reporter } from './support/report.ts';
import { spreadOf } from './support/statistics.ts';

const SEED = 1;
const QUERIES_A_ROUND = 256;
const given = benchArguments({ vectors: 20_000, rounds: 25 }, { vectors: 5_000, rounds: 9 });
const data = loadVectors(given.dataDir, SEED, given.vectors);
const reporter = new Reporter({
  bench: 'overhead',
  seed: SEED,
  parameters: {
    data: data.origin,
    vectors: given.vectors,
    rounds: given.rounds,
    queriesARound: QUERIES_A_ROUND,
  },
});
const hnsw = { m: 32, efConstruction: 200, efSearch: 96 };
const backend = openFaissBackend();

for (const kind of ['hnsw', 'flat'] as const) {
  const bare = await backend.build(data.base, { kind, dimension: data.dimension, hnsw });
  const world = await EngineWorld.open(data, { backend: 'faiss-node', kind, segments: 'one' });
  for (const inFlight of [1, 32]) {
    // The list that the collection asks for, so that both do the same search.
    const k = 64;
    const bareMs: number[] = [];
    const sharedMs: number[] = [];
    for (let round = 0; round <= given.rounds; round += 1) {
      const bareRound = timeBare(bare, inFlight, k);
      const sharedRound = await world.millisecondsPerQuery('none', inFlight, QUERIES_A_ROUND);
      // The first round warms up.
      if (round > 0) bareMs.push(bareRound);
      if (round > 0) sharedMs.push(sharedRound);
    }
    reporter.add({
      kind,
      'in flight': inFlight,
      'bare ms/query': spreadOf(bareMs),
      'shared ms/query': spreadOf(sharedMs),
      'shared / bare': spreadOf(sharedMs.map((ms, round) => ms / bareMs[round]!)),
    });
  }
  bare.close();
  await world.close();
}
reporter.finish();

function timeBare(index: Awaited<ReturnType<typeof backend.build>>, inFlight: number, k: number): number {
  const startedMs = performance.now();
  for (let asked = 0; asked < QUERIES_A_ROUND; asked += inFlight) {
    const first = (asked * data.dimension) % (data.queries.length - inFlight * data.dimension);
    const start = first - (first % data.dimension);
    index.search(data.queries.subarray(start, start + inFlight * data.dimension), inFlight, k);
  }
  return (performance.now() - startedMs) / QUERIES_A_ROUND;
}
