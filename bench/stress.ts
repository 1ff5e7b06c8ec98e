/**
 * The brief's load: 50 users for 5 minutes, four searches and a write each in turn. Not one error is
 * allowed; then the service is stopped and started, and every entry must be there and be found.
 *
 *     npm run bench:stress -- [dataDir] [--quick] [--seconds 300] [--users 50]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchArguments } from './support/arguments.ts';
import { loadTexts } from './support/data.ts';
import { metric } from './support/metrics.ts';
import { runMixedLoad } from './support/mixed-load.ts';
import { Reporter } from './support/report.ts';
import { BenchService } from './support/service.ts';

const SEED = 1;
const CHECKED = 200;
const QUIET_LOOKS = 10;
const QUIET_LOOK_MS = 300;
const given = benchArguments({ seconds: 300, users: 50, entries: 20_000 }, { seconds: 60 });
const data = loadTexts(given.dataDir, SEED, given.entries);
const reporter = new Reporter({
  bench: 'stress',
  seed: SEED,
  parameters: { data: data.origin, users: given.users, seconds: given.seconds, before: given.entries },
});
const dataDir = await mkdtemp(join(tmpdir(), 'chl-stress-'));
let service = await BenchService.start({}, dataDir);
try {
  await service.load(data.entries);
  const committedBefore = await metric(service, 'chl_committed_operations_total');
  const result = await runMixedLoad(service, data, {
    connections: given.users,
    seconds: given.seconds,
    round: 1,
  });
  const written = (await committedInTheEnd()) - committedBefore;
  await service.stop();
  service = await BenchService.start({}, dataDir);
  const problems = await inconsistencies(given.entries + written);
  reporter.add({
    users: given.users,
    seconds: given.seconds,
    requests: result.requests,
    'requests/s': result.perSecond,
    'p50 ms': result.p50Ms,
    'p99 ms': result.p99Ms,
    'CPU ms serving': result.cpuMs.serving,
    'CPU ms index': result.cpuMs.index,
    written,
    errors: result.errors,
    'found wrong after the restart': problems.length,
  });
  if (result.problems !== '') reporter.note(`${result.problems}.`);
  for (const problem of problems) reporter.note(problem);
  process.exitCode = result.errors + problems.length > 0 ? 1 : 0;
} finally {
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
}
reporter.finish();

/** Writes that were on their way when the load ended are committed all the same: until none comes any more. */
async function committedInTheEnd(): Promise<number> {
  let committed = await metric(service, 'chl_committed_operations_total');
  for (let quiet = 0; quiet < QUIET_LOOKS;) {
    await new Promise((resolve) => setTimeout(resolve, QUIET_LOOK_MS));
    const now = await metric(service, 'chl_committed_operations_total');
    quiet = now === committed ? quiet + 1 : 0;
    committed = now;
  }
  return committed;
}

/** @param expected entries that were acknowledged */
async function inconsistencies(expected: number): Promise<readonly string[]> {
  const status = await service.settled();
  const health = await service.get<{ totals: { experiences: number } }>('/api/v1/search/health');
  const problems: string[] = [];
  if (health.totals.experiences !== expected)
    problems.push(`The database has ${health.totals.experiences} entries, ${expected} were acknowledged.`);
  if (status.index_size !== expected)
    problems.push(`The index has ${status.index_size} vectors for ${expected} entries.`);
  const { entries } = await service.post<{ entries: { id: string; title: string }[] }>(
    '/api/v1/entries/read',
    {
      entity_type: 'experience',
      category_code: data.entries[0]!.category_code,
      limit: CHECKED,
    },
  );
  for (const { id, title } of entries) {
    const answer = await service.post<{ results: { title: string; entity_id: string }[] }>(
      '/api/v1/search/',
      {
        query: title,
        limit: 25,
      },
    );
    const isFound = answer.results.some((one) => one.entity_id === id || one.title === title);
    if (!isFound) problems.push(`${id} is not found by its own title.`);
  }
  return problems;
}
