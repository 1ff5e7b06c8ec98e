import { openInlineHost } from '../../../src/entry/inline-host.ts';
import { indexHostSuite } from '../../conformance/index-host.suite.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';

indexHostSuite(vitestRegistrar, 'in-line', async () =>
  openInlineHost({ backend: 'flat', scanKernel: 'auto' }, new RecordingLogger()),
);
