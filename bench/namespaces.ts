/**
 * What a namespace costs: to open it, and while it is open, in both processes together.
 *
 *     npm run bench:namespaces -- [dataDir] [--small 50] [--large 5]
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
const given = benchArguments({ small: 50, large: 5 });
const environment = {
  CHL_NAMESPACES: 'on',
  CHL_NAMESPACES_MAX_OPEN: '1000',
  CHL_NAMESPACE_IDLE_SECONDS: '3600',
  CHL_EMBEDDER: 'hash',
};
const reporter = new Reporter({ bench: 'namespaces', seed: SEED, parameters: given });
reporter.note(
  '`made`: the first request ever, which makes the database; `opened`: the first after a restart.',
);

for (const [entries, namespaces] of [
  [0, given.small],
  [500, given.small],
  [5_000, given.large],
] as const) {
  const dataDir = await mkdtemp(join(tmpdir(), 'chl-namespaces-'));
  const { entries: lines } = loadTexts(given.dataDir, SEED, entries);
  const body = lines.map((line) => JSON.stringify({ ...line, category_code: 'TST' })).join('\n');
  const names = Array.from({ length: namespaces }, (_, n) => `team-${n}`);
  let service = await BenchService.start(environment, dataDir);
  const made: number[] = [];
  for (const name of names) {
    await service.post('/admin/namespaces', { name });
    made.push(await searchMs(name));
    if (entries === 0) continue;
    const response = await fetch(`${service.url}/ns/${name}/api/v1/entries/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    });
    const answer = await response.text();
    if (!response.ok || answer.includes('"error"'))
      throw new Error(`The import failed: ${answer.slice(0, 300)}`);
  }
  await service.stop();

  service = await BenchService.start(environment, dataDir);
  const [bytesBefore, filesBefore] = [service.residentBytes(), service.openFiles()];
  const opened: number[] = [];
  for (const name of names) opened.push(await searchMs(name));
  reporter.add({
    'entries each': entries,
    namespaces,
    'made ms': spreadOf(made),
    'opened ms': spreadOf(opened),
    'MB each': ((service.residentBytes() - bytesBefore) / namespaces / 1024 ** 2).toFixed(2),
    'files each': ((service.openFiles() - filesBefore) / namespaces).toFixed(1),
  });
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });

  async function searchMs(name: string): Promise<number> {
    const startedMs = performance.now();
    await service.post(`/ns/${name}/api/v1/search/`, { query: 'what worked', mode: 'vector' });
    return performance.now() - startedMs;
  }
}
reporter.finish();
