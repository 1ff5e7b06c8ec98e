import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTransformersEmbedder } from '../../../../adapters/embedder/transformers/transformers-embedder.ts';
import { embedderSuite } from '../../../conformance/embedder.suite.ts';
import { compiledEntry } from '../../../support/compiled-entry.ts';
import { denoRegistrar } from '../../../support/deno-registrar.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { writeTinyModel } from '../../../support/tiny-model.ts';

// The native runtime, in a process of its own, as on Node.
const model = mkdtempSync(join(tmpdir(), 'chl-model-deno-'));
writeTinyModel(model);
embedderSuite(denoRegistrar, async () =>
  openTransformersEmbedder({
    model,
    cacheFolder: model,
    processEntry: await compiledEntry('src/entry/embedding-process.ts'),
    logger: new RecordingLogger(),
  }),
);
