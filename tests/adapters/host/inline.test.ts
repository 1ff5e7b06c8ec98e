import { expect, test, vi } from 'vitest';
import { systemClock } from '../../../adapters/clock/system-clock.ts';
import { MemoryFiles } from '../../../adapters/files/memory/memory-files.ts';
import { InlineHost } from '../../../adapters/host/inline/inline-host.ts';
import { flatBackend } from '../../../adapters/index/flat/backend.ts';
import { Bm25Index } from '../../../adapters/text/bm25/bm25-index.ts';
import { InlineBuilder } from '../../../src/core/snapshot/inline-builder.ts';
import { openInlineHost } from '../../../src/entry/inline-host.ts';
import { indexHostSuite } from '../../conformance/index-host.suite.ts';
import { testSpec } from '../../support/collection-fixture.ts';
import { MemorySource } from '../../support/memory-source.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';

indexHostSuite(vitestRegistrar, 'in-line', async () =>
  openInlineHost({ backend: 'flat', scanKernel: 'auto' }, new RecordingLogger()),
);

test('tells how many documents a collection holds when it is open, once', async () => {
  const source = new MemorySource(8);
  for (let count = 0; count < 30; count += 1) source.create({ vector: null });
  const opened = vi.fn();
  const host = new InlineHost({
    backends: [{ name: 'flat', load: async () => flatBackend }],
    createTextIndex: () => new Bm25Index(),
    openFiles: async () => new MemoryFiles(),
    openSource: async () => source,
    createBuilder: (_, context) => new InlineBuilder(context),
    onOpened: opened,
    clock: systemClock,
    logger: new RecordingLogger(),
  });
  host.open(testSpec({ backend: 'flat' }));
  await expect.poll(() => opened.mock.calls).toEqual([[30]]);
  await host.close();
});
