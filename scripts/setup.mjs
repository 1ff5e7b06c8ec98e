import { compile } from './setup/compile.mjs';
import { setUpFaiss } from './setup/faiss.mjs';
import { removeForeignBinaries } from './setup/foreign-binaries.mjs';
import { checkNodeVersion } from './setup/node-version.mjs';
import { installPackages } from './setup/packages.mjs';
import { NODE_MODULES } from './setup/paths.mjs';
import { setUpScanKernel } from './setup/scan-kernel.mjs';
import { say, SetupError } from './setup/terminal.mjs';

/**
 * Brings a fresh clone to where the service runs and the tests can: packages, FAISS, the scan kernel, dist. What is
 * done already is skipped. Plain JavaScript with no dependency, since it runs before there are any.
 *
 * @param {{retry?: boolean, compiles?: boolean}} [options] `retry` tries again what failed the last
 *   time; `compiles: false` stops before dist, for an image whose layers come one after the other
 */
export async function setUp({ retry = false, compiles = true } = {}) {
  checkNodeVersion();
  await installPackages();
  removeForeignBinaries(NODE_MODULES);
  await setUpFaiss({ retry });
  await setUpScanKernel({ retry });
  if (compiles) await compile();
}

/** Runs `main`, and ends the process with a message rather than a stack when set-up fails. */
export async function runProgram(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

if (process.argv[1] === import.meta.filename) {
  await runProgram(() => setUp({ retry: true, compiles: !process.argv.includes('--no-compile') }));
}
