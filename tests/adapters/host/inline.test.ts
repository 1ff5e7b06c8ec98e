import { openIndexSource } from '../../../adapters/catalog/libsql/index-source.ts';
import { systemClock } from '../../../adapters/clock/system-clock.ts';
import { NodeFiles } from '../../../adapters/files/node/node-files.ts';
import { InlineHost } from '../../../adapters/host/inline/inline-host.ts';
import { Bm25Index } from '../../../adapters/text/bm25/bm25-index.ts';
import { InlineBuilder } from '../../../src/core/snapshot/inline-builder.ts';
import { vectorBackends } from '../../../src/entry/vector-backends.ts';
import { indexHostSuite } from '../../conformance/index-host.suite.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';

indexHostSuite(
  vitestRegistrar,
  'in-line',
  async () =>
    new InlineHost({
      backends: vectorBackends,
      createTextIndex: () => new Bm25Index(),
      openFiles: ({ directory }) => NodeFiles.open(directory!),
      openSource: (spec) => openIndexSource(spec),
      createBuilder: (_spec, context) => new InlineBuilder(context),
      clock: systemClock,
      logger: new RecordingLogger(),
    }),
);
