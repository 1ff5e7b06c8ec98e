import { ProcessBuilder } from '../../adapters/builder/process/process-builder.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { MemoryFiles } from '../../adapters/files/memory/memory-files.ts';
import { NodeFiles } from '../../adapters/files/node/node-files.ts';
import { InlineHost } from '../../adapters/host/inline/inline-host.ts';
import { serveIndexProcess } from '../../adapters/host/process/serve-index-process.ts';
import { openNativeScanKernels } from '../../adapters/scan-kernel/native-scan-kernels.ts';
import { Bm25Index } from '../../adapters/text/bm25/bm25-index.ts';
import { collectGarbage } from '../../adapters/native/collect-garbage.ts';
import { sha256InPlace } from '../../adapters/native/sha256.ts';
import { InlineBuilder } from '../core/snapshot/inline-builder.ts';
import { SealInlineBuilder } from '../core/snapshot/seal-inline-builder.ts';
import { digestWith } from '../core/snapshot/checksum.ts';
import { armFailpointsFromEnvironment } from './failpoints.ts';
import { openIndexSource } from './index-source.ts';
import { vectorBackends } from './vector-backends.ts';

/** The process that holds every index. Started by `ProcessHost`; starts the builder in its turn. */
const builderEntry = new URL(import.meta.url.replace('index-process', 'builder-process'));

const COLLECT_FROM_DOCUMENTS = 20_000;

armFailpointsFromEnvironment();
digestWith(sha256InPlace);
serveIndexProcess(
  ({ logger }) =>
    new InlineHost({
      backends: vectorBackends,
      nativeKernels: openNativeScanKernels,
      createTextIndex: () => new Bm25Index(),
      openFiles: async ({ directory }) =>
        directory === null ? new MemoryFiles() : NodeFiles.open(directory),
      openSource: (spec) => openIndexSource(spec),
      createBuilder: ({ directory, databaseUrl, databaseAuthToken, fingerprint }, context) => {
        const here = new InlineBuilder(context);
        // Files in this process's memory are out of another one's reach.
        if (directory === null) return here;
        const target = { directory, databaseUrl, databaseAuthToken, fingerprint };
        const elsewhere = new ProcessBuilder({ entry: builderEntry, target, clock: systemClock, logger });
        return new SealInlineBuilder(here, elsewhere);
      },
      // Some 20 ms for 30 MB of what a start has read; small collections leave little.
      onOpened: (documents) => {
        if (documents >= COLLECT_FROM_DOCUMENTS) collectGarbage();
      },
      clock: systemClock,
      logger,
    }),
  systemClock,
);
