import { systemClock } from '../../../adapters/clock/system-clock.ts';
import { ProcessHost } from '../../../adapters/host/process/process-host.ts';
import { indexHostSuite } from '../../conformance/index-host.suite.ts';
import { compiledEntry } from '../../support/compiled-entry.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';

const entry = await compiledEntry('src/entry/index-process.ts');
await compiledEntry('src/entry/builder-process.ts');

indexHostSuite(
  vitestRegistrar,
  'child process',
  async () => new ProcessHost({ entry, clock: systemClock, logger: new RecordingLogger() }),
);
