/**
 * From the start of the process to its first answers, after an orderly end and after kill -9: health,
 * text (by the database until words are indexed), vectors, and the two together out of the index.
 *
 *     npm run bench:restart -- [dataDir] [--quick] [--large 100000] [--rounds 3]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchArguments } from './support/arguments.ts';
import { loadTexts } from './support/data.ts';
import { Reporter } from './support/report.ts';
import { BenchService } from './support/service.ts';
import { spreadOf } from './support/statistics.ts';

const SEED = 1;
const RETRY_MS = 5;
/** What a start has read and no longer needs is given back when words are in. */
const COLLECTED_AFTER_MS = 1_000;
const given = benchArguments({ rounds: 3, large: 100_000 }, { rounds: 1, large: 20_000 });
const reporter = new Reporter({
  bench: 'restart',
  seed: SEED,
  parameters: { rounds: given.rounds, largest: given.large },
});
reporter.note('Seconds count from the spawn of the process, so Node itself and the program are in them.');

for (const entries of new Set([2_000, 20_000, given.large])) {
  const dataDir = await mkdtemp(join(tmpdir(), 'chl-restart-'));
  const data = loadTexts(given.dataDir, SEED, entries);
  let service = await BenchService.start({}, dataDir);
  reporter.say(`${entries} entries imported in ${(await service.load(data.entries)).toFixed(1)} s`);
  await service.settled();
  for (const end of ['stop', 'kill'] as const) {
    const [health, text, vector, words, memory, resident]: number[][] = [[], [], [], [], [], []];
    for (let round = 0; round < given.rounds; round += 1) {
      await service[end]();
      const startedMs = performance.now();
      service = await BenchService.start({}, dataDir, { awaitsIndex: false });
      health!.push(await secondsToHealth(startedMs));
      text!.push(await secondsTo(startedMs, 'text'));
      vector!.push(await secondsTo(startedMs, 'vector'));
      words!.push(await secondsTo(startedMs, 'hybrid'));
      await new Promise((resolve) => setTimeout(resolve, COLLECTED_AFTER_MS));
      memory!.push(service.memoryBytes() / entries);
      resident!.push(service.residentBytes() / entries);
    }
    reporter.add({
      entries,
      'ended by': end === 'stop' ? 'SIGTERM' : 'kill -9',
      'health s': spreadOf(health!),
      'text s': spreadOf(text!),
      'vectors s': spreadOf(vector!),
      'words s': spreadOf(words!),
      'bytes/entry': spreadOf(memory!),
      'as a sum of RSS': spreadOf(resident!),
    });
  }
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });

  async function secondsToHealth(startedMs: number): Promise<number> {
    await service.get('/health');
    return (performance.now() - startedMs) / 1000;
  }

  async function secondsTo(startedMs: number, mode: 'text' | 'vector' | 'hybrid'): Promise<number> {
    for (;;) {
      const answer = await service.post<{ mode: string }>('/api/v1/search/', {
        query: data.queries[0],
        mode,
      });
      if (answer.mode === mode) return (performance.now() - startedMs) / 1000;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
reporter.finish();
