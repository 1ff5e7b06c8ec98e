/**
 * What a search costs while an index is being written: over one merged segment, and after more and
 * more writes, with the segments that these leave behind. Processor time a query, by how many are in
 * flight, and its ratio to the merged segment; builds have ended before anything is measured. Graphs
 * begin at 16,000 vectors: `--vectors 20000` merges into one.
 *
 *     npm run bench:segments -- [dataDir] [--quick] [--vectors 20000] [--queries 256] [--rounds 7]
 */
import { benchArguments } from './support/arguments.ts';
import { loadVectors } from './support/data.ts';
import { EngineWorld } from './support/engine-world.ts';
import { Reporter } from './support/report.ts';
import { spreadOf } from './support/statistics.ts';

const SEED = 1;
/** Writes since the merge: into the growing segment, then through seals and merges. */
const WRITES = [0, 100, 1_000, 4_100, 7_900, 8_900, 15_900];
/** Each is compared with a scan in plain TypeScript, 15 ms. */
const RECALL_QUERIES = 50;
const IN_FLIGHT = [1, 8, 32];

const given = benchArguments(
  { vectors: 20_000, queries: 256, rounds: 7 },
  { vectors: 12_000, queries: 128, rounds: 3 },
);
const data = loadVectors(given.dataDir, SEED, given.vectors + WRITES.at(-1)!);
const reporter = new Reporter({
  bench: 'segments',
  seed: SEED,
  parameters: {
    data: data.origin,
    vectors: given.vectors,
    dimension: data.dimension,
    queries: given.queries,
    rounds: given.rounds,
  },
});

const world = await EngineWorld.open(data, {
  backend: 'faiss-node',
  kind: 'hnsw',
  segments: 'many',
  rows: given.vectors,
});
await world.rebuild();
const merged = new Map<number, number>();
for (const writes of WRITES) {
  await world.grow(given.vectors + writes);
  await world.settled();
  const segments = await world.segments();
  for (const inFlight of IN_FLIGHT) {
    const rounds: number[] = [];
    for (let round = 0; round <= given.rounds; round += 1) {
      const ms = await world.cpuMillisecondsPerQuery('none', inFlight, given.queries);
      // The first round warms up.
      if (round > 0) rounds.push(ms);
    }
    const cost = spreadOf(rounds);
    if (writes === 0) merged.set(inFlight, cost.median);
    reporter.add({
      'writes since': writes,
      segments,
      'in flight': inFlight,
      'CPU ms/query': cost,
      'of merged': cost.median / merged.get(inFlight)!,
      'recall@10': inFlight === 1 ? await world.recallAt10('none', RECALL_QUERIES) : null,
    });
  }
}
await world.close();
reporter.finish();
