import { runProgram, setUp } from './setup.mjs';
import { installTestPackages } from './setup/packages.mjs';
import { SetupError } from './setup/terminal.mjs';
import { provideTestTools } from './setup/test-tools.mjs';
import { GATES, runGate } from './test/gates.mjs';
import { runDeno, runVitest } from './test/suites.mjs';

/**
 * `npm test`: set-up, gates, the suites on Node and on Deno. `--gates` stops after the gates. The
 * last line is `N passed, N failed, N skipped`, where a gate counts as one.
 */
await runProgram(async () => {
  const results = [await setUpGate()];
  for (const gate of GATES) results.push(await runGate(gate));
  if (!process.argv.includes('--gates')) {
    await provideTestTools();
    await installTestPackages();
    results.push(await runVitest());
    results.push(await runDeno());
  }
  summarise(results);
});

/** Sources that do not compile are a failure among others: the gates say more about them. */
async function setUpGate() {
  try {
    await setUp();
    return { name: 'set-up', passed: 1, failed: 0, skipped: 0 };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.log(`\n✗ set-up\n${error.message}`);
    return { name: 'set-up', passed: 0, failed: 1, skipped: 0 };
  }
}

function summarise(results) {
  console.log('');
  for (const { name, passed, failed, skipped } of results) {
    const counts = [
      `${passed} passed`,
      failed > 0 && `${failed} failed`,
      skipped > 0 && `${skipped} skipped`,
    ];
    console.log(`${failed > 0 ? '✗' : '✓'} ${name.padEnd(14)} ${counts.filter(Boolean).join(', ')}`);
  }
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  const skipped = total('skipped');
  console.log(
    `${total('passed')} passed, ${total('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  );
  process.exitCode = total('failed') > 0 ? 1 : 0;
}
