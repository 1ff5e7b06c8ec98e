import { join } from 'node:path';
import { runProgram, setUp } from './setup.mjs';
import { NODE_MODULES, ROOT } from './setup/paths.mjs';
import { run } from './setup/run.mjs';

/** 300 crash cycles, five minutes of fifty clients, 10,000 flipped bits, imports of 100,000 lines that are killed, a lock held for 30 s, 10,000 initialisations. */
const TIMEOUT_MS = 3 * 60 * 60_000;

/** `npm run test:faults [file]`: the long form of what breaks the service. One file at a time, so that none slows another. */
await runProgram(async () => {
  await setUp();
  const only = process.argv.slice(2);
  const files =
    only.length > 0
      ? only
      : ['tests/faults', 'tests/bulk/resume', 'tests/core/snapshot', 'tests/security/hostile-clients'];
  const vitest = join(NODE_MODULES, 'vitest', 'vitest.mjs');
  const { ok } = await run(process.execPath, [vitest, 'run', '--no-file-parallelism', ...files], {
    cwd: ROOT,
    env: { CHL_FAULTS: 'long' },
    show: true,
    timeoutMs: TIMEOUT_MS,
  });
  process.exitCode = ok ? 0 : 1;
});
