import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Client, eventually } from '../../http/support/client.ts';
import { buildProgram } from '../../support/build.ts';
import { mutatedProgram } from '../crash/mutated-program.ts';
import { checkFiles } from '../support/database-check.ts';
import { chooseSeed, isLong, say } from '../support/form.ts';
import { Victim } from '../support/victim.ts';
import { Crowd } from './crowd.ts';
import { contradictions } from './observations.ts';

const CLIENTS = 50;
const SECONDS = isLong ? 300 : 60;
const MAX_MS = SECONDS * 1000 + 600_000;

let dataDir: string;
let victim: Victim;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'chl-crowd-'));
});

afterEach(async () => {
  await victim.kill();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function crowdAt(
  program: string,
  clients: number,
  seconds: number,
  seed: number,
  searchesMax = Number.POSITIVE_INFINITY,
): Promise<Crowd> {
  victim = new Victim({ program, dataDir, environment: { CHL_GROWING_MAX_VECTORS: '64' } });
  const url = await victim.serving;
  await eventually(
    () => new Client(url).indexStatus(),
    (status) => status.status === 'available',
    60_000,
  );
  const crowd = new Crowd({ urls: [url], clients, seed });
  const enough = new AbortController();
  // Not AbortSignal.timeout within AbortSignal.any: Node 20 may collect it before it fires.
  const over = setTimeout(() => enough.abort(), seconds * 1000);
  const ended = crowd.run(enough.signal);
  await Promise.race([
    ended,
    eventually(
      async () => crowd.searches.length,
      (count) => count >= searchesMax,
      MAX_MS,
    ),
  ]);
  enough.abort();
  clearTimeout(over);
  await ended;
  return crowd;
}

test(
  `${CLIENTS} clients for ${SECONDS} s, saves and rebuilds throughout: one history of every entry, seen by every search`,
  { timeout: MAX_MS },
  async () => {
    const crowd = await crowdAt(await buildProgram(), CLIENTS, SECONDS, chooseSeed('concurrency'));
    say(
      `${crowd.writes.length} writes, ${crowd.refusals} refused to who came second, ${crowd.searches.length} searches`,
    );
    expect(crowd.complaints).toEqual([]);
    expect(contradictions(crowd)).toEqual([]);
    expect(Math.min(crowd.writes.length, crowd.searches.length)).toBeGreaterThan(CLIENTS);
    const client = new Client(await victim.serving);
    expect((await client.post('/admin/index/save', {})).status).toBe(200);
    expect(await checkFiles(dataDir)).toEqual([]);
  },
);

test('the check sees a planted bug: acknowledged before the index has it', { timeout: MAX_MS }, async () => {
  const hasty = await mutatedProgram('src/service/committer.ts', [
    [
      'const indexed = await this.#apply(report);',
      'const indexed = true; setTimeout(() => this.#apply(report), 60_000);',
    ],
  ]);
  const crowd = await crowdAt(hasty, 8, 60, 1, 100);
  expect(contradictions(crowd).join('\n')).toMatch(/misses|was acknowledged/);
});
