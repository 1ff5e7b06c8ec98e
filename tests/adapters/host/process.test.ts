import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { systemClock } from '../../../adapters/clock/system-clock.ts';
import { ProcessHost } from '../../../adapters/host/process/process-host.ts';
import { indexHostSuite, searchFor } from '../../conformance/index-host.suite.ts';
import { compiledEntry } from '../../support/compiled-entry.ts';
import { HostWorld } from '../../support/host-world.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';

const entry = await compiledEntry('src/entry/index-process.ts');
await compiledEntry('src/entry/builder-process.ts');

indexHostSuite(
  vitestRegistrar,
  'child process',
  async () => new ProcessHost({ entry, clock: systemClock, logger: new RecordingLogger() }),
);

const faissFolder = fileURLToPath(new URL('../../../.build/faiss', import.meta.url));

test.skipIf(!existsSync(faissFolder))(
  'holds the real FAISS, flat and HNSW (skipped where it is not set up)',
  async () => {
    const world = await HostWorld.create();
    const host = new ProcessHost({ entry, clock: systemClock, logger: new RecordingLogger() });
    try {
      const spec = { backend: 'faiss-node', growingMaxVectors: 50, hnswMinVectors: 150 } as const;
      const collection = host.open(world.spec(spec));
      await collection.opened;
      await collection.apply(await world.create(1, 100));
      await collection.rebuild();
      expect((await collection.status()).segments).toMatchObject([{ kind: 'flat', rows: 100 }]);
      const exact = await collection.search(searchFor(42));
      await collection.apply(await world.create(101, 200));
      await collection.rebuild();
      expect(await collection.status()).toMatchObject({
        backend: 'faiss-node',
        segments: [{ kind: 'hnsw', rows: 200 }],
      });
      const approximate = await collection.search(searchFor(42));
      expect([exact.keys[0], approximate.keys[0]]).toEqual([42, 42]);
      await collection.close();

      const again = host.open(world.spec(spec));
      await again.opened;
      expect(await again.status()).toMatchObject({
        recovery: { source: 'snapshot', reasons: [] },
        vectors: 200,
      });
      expect(await again.search(searchFor(42))).toEqual(approximate);
    } finally {
      await host.close();
      await world.dispose();
    }
  },
);
