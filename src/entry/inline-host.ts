import { systemClock } from '../../adapters/clock/system-clock.ts';
import { MemoryFiles } from '../../adapters/files/memory/memory-files.ts';
import { NodeFiles } from '../../adapters/files/node/node-files.ts';
import { InlineHost } from '../../adapters/host/inline/inline-host.ts';
import { openNativeScanKernels } from '../../adapters/scan-kernel/native-scan-kernels.ts';
import { Bm25Index } from '../../adapters/text/bm25/bm25-index.ts';
import type { IndexHost } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import { InlineBuilder } from '../core/snapshot/inline-builder.ts';
import type { Config } from './config.ts';
import { openIndexSource } from './index-source.ts';
import { vectorBackends } from './vector-backends.ts';

/**
 * The indexes in this process: Deno, tests, and machines where a second process is not wanted. Native
 * code only when it was asked for by name: a crash in it would end the service.
 */
export const openInlineHost = (
  { backend, scanKernel }: Pick<Config['index'], 'backend' | 'scanKernel'>,
  logger: Logger,
): IndexHost =>
  new InlineHost({
    backends: vectorBackends.filter(({ name }) => name !== 'faiss-node' || backend === name),
    nativeKernels: scanKernel === 'native' ? openNativeScanKernels : undefined,
    createTextIndex: () => new Bm25Index(),
    openFiles: async ({ directory }) => (directory === null ? new MemoryFiles() : NodeFiles.open(directory)),
    openSource: openIndexSource,
    createBuilder: (_, context) => new InlineBuilder(context),
    clock: systemClock,
    logger,
  });
