import { openInlineHost } from '../../../src/entry/inline-host.ts';
import { indexHostSuite } from '../../conformance/index-host.suite.ts';
import { denoRegistrar } from '../../support/deno-registrar.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

indexHostSuite(denoRegistrar, 'in-line', async () =>
  openInlineHost({ backend: 'flat', scanKernel: 'auto' }, new RecordingLogger()),
);
