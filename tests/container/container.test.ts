import { beforeAll, describe, vi } from 'vitest';
import { composeSuite } from './compose.suite.ts';
import { ContainerEngine, whyNoContainers } from './engine.ts';
import { DENO_IMAGE, imageSuite, modelImageSuite, NODE_IMAGE } from './image.suite.ts';

const SKIPPED = whyNoContainers();
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

describe.skipIf(SKIPPED !== null)(`containers${SKIPPED === null ? '' : ` (skipped: ${SKIPPED})`}`, () => {
  let engine: ContainerEngine;
  beforeAll(async () => {
    engine = await ContainerEngine.setUp();
  });

  imageSuite(() => engine, NODE_IMAGE);
  imageSuite(() => engine, DENO_IMAGE);
  composeSuite(() => engine, NODE_IMAGE.name);
  modelImageSuite(() => engine);
});
