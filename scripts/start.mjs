import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { runProgram, setUp } from './setup.mjs';
import { ROOT } from './setup/paths.mjs';

await runProgram(async () => {
  await setUp();
  // In this process, so that a signal sent to it reaches the service.
  const cli = join(ROOT, 'dist', 'src', 'entry', 'cli.js');
  process.argv.splice(1, 1, cli, 'serve');
  await import(pathToFileURL(cli).href);
});
