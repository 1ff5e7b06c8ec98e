import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forkEntry } from '../../../adapters/host/process/fork-entry.ts';
import { compiledEntry } from '../../support/compiled-entry.ts';

const module = await compiledEntry('adapters/native/heap-growth.ts');

/** Objects that live for a while and then die, like the batches of an import; tells the most that each space held. */
const CHURN = `
import { getHeapSpaceStatistics } from 'node:v8';
const megabytes = (name, key) => getHeapSpaceStatistics().find((space) => space.space_name === name)[key] / 2 ** 20;
export function churn() {
  const ring = Array.from({ length: 100_000 }, (_, index) => [index, [index, index, index, index]]);
  // The first collection comes at a fixed size; the flag is about those that follow.
  globalThis.gc?.();
  const most = { young: 0, old: 0 };
  for (let n = 0; n < 1_500_000; n += 1) {
    ring[n % ring.length] = [n, [n, n, n, n]];
    if (n % 20_000 !== 0) continue;
    most.young = Math.max(most.young, megabytes('new_space', 'space_size'));
    most.old = Math.max(most.old, megabytes('old_space', 'space_used_size'));
  }
  return most;
}
`;

interface Most {
  readonly young: number;
  readonly old: number;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chl-heap-'));
  await writeFile(join(folder, 'churn.mjs'), CHURN);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a program of its own holds at most, after it has called one of the functions. */
async function mostOf(call: string): Promise<Most> {
  const path = join(folder, `${call === '' ? 'plain' : call}.mjs`);
  await writeFile(
    path,
    `import * as heap from ${JSON.stringify(module.href)};\nimport { churn } from './churn.mjs';\n` +
      `${call === '' ? '' : `heap.${call}();`}\nconsole.log(JSON.stringify(churn()));\n`,
  );
  // Not beside the program, where a busy machine decides how far a collection gets.
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--single-threaded-gc',
    '--expose-gc',
    path,
  ]);
  return JSON.parse(stdout) as Most;
}

test('the old generation of a service keeps close to what lives in it, where V8 would let it grow', async () => {
  const [plain, bounded] = [await mostOf(''), await mostOf('boundHeapGrowth')];
  expect(bounded.old).toBeLessThan(0.7 * plain.old);
});

test('the young generation of a command stays as it is', async () => {
  const [plain, still] = [await mostOf(''), await mostOf('stopYoungGrowth')];
  expect(plain.young).toBe(32);
  expect(still.young).toBeLessThanOrEqual(2);
});

test('a child of the service has a small young generation, whatever it does', async () => {
  const path = join(folder, 'child.mjs');
  await writeFile(
    path,
    `import { churn } from './churn.mjs';\nprocess.send(churn());\nprocess.disconnect();\n`,
  );
  const child = forkEntry(pathToFileURL(path), () => undefined);
  const most = await new Promise<Most>((resolve) => {
    child.once('message', (message) => resolve(message as Most));
  });
  expect(most.young).toBeLessThanOrEqual(8);
});
