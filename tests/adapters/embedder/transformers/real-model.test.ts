import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openTransformersEmbedder } from '../../../../adapters/embedder/transformers/transformers-embedder.ts';
import { embedderSuite } from '../../../conformance/embedder.suite.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { vitestRegistrar } from '../../../support/vitest-registrar.ts';

const model = resolve(process.env['CHL_TEST_MODELS'] ?? '../shared/models', 'all-MiniLM-L6-v2');
const isThere = existsSync(model);

const open = () =>
  openTransformersEmbedder({ model, cacheFolder: model, processEntry: null, logger: new RecordingLogger() });

if (isThere) embedderSuite(vitestRegistrar, open);

// The values of the reference implementation, sentence-transformers on PyTorch.
test.skipIf(!isThere)(
  'all-MiniLM-L6-v2 says what the original says (skipped without the model)',
  async () => {
    const embedder = await open();
    try {
      const bodies = ['That is a happy person', 'That is a very happy person', 'Today is a sunny day'];
      const vectors = await embedder.embed({
        texts: bodies.map((body) => ({ heading: '', body })),
        role: 'passage',
      });
      const cosine = (row: number): number =>
        vectors.subarray(0, 384).reduce((sum, value, place) => sum + value * vectors[row * 384 + place]!, 0);
      expect(cosine(1)).toBeCloseTo(0.943, 3);
      expect(cosine(2)).toBeCloseTo(0.257, 3);
    } finally {
      await embedder.close();
    }
  },
);
