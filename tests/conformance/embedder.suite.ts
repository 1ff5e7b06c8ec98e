import assert from 'node:assert/strict';
import type { Embedder, EmbedText } from '../../src/core/ports/embedder.ts';
import type { Registrar } from './registrar.ts';

const UNIT_TOLERANCE = 1e-5;

/** What every implementation of the `Embedder` port promises, whether it runs a model or not. */
export function embedderSuite(registrar: Registrar, create: () => Promise<Embedder> | Embedder): void {
  const using = async (body: (embedder: Embedder) => Promise<void>): Promise<void> => {
    const embedder = await create();
    try {
      await body(embedder);
    } finally {
      await embedder.close();
    }
  };

  registrar.test('answers one vector a text, in order, of unit length if it says so', () =>
    using(async (embedder) => {
      const texts = [
        passage('Restart the server'),
        passage('Bake bread'),
        { heading: 'Tar', body: 'Make an archive.' },
      ];
      const vectors = await embed(embedder, texts);
      assert.equal(vectors.length, texts.length);
      if (embedder.fingerprint.normalised) {
        for (const vector of vectors) assert.ok(Math.abs(dot(vector, vector) - 1) < UNIT_TOLERANCE);
      }
      const [alone] = await embed(embedder, [texts[1]!]);
      assert.ok(cosine(alone!, vectors[1]!) > 1 - UNIT_TOLERANCE);
    }),
  );

  registrar.test('the same text gives the same vector, also from another instance', () =>
    using(async (first) => {
      await using(async (second) => {
        const texts = [passage('Rotate the logs every night.')];
        assert.deepEqual(
          await first.embed({ texts, role: 'passage' }),
          await second.embed({ texts, role: 'passage' }),
        );
      });
    }),
  );

  registrar.test('a query is nearest to the text that answers it', () =>
    using(async (embedder) => {
      const vectors = await embed(embedder, [
        passage('Compress a directory into a tar archive.'),
        passage('Show the commits of a git branch.'),
        passage('Restart a container when it stops.'),
      ]);
      const [query] = await embed(embedder, [passage('restart stopped containers')], 'query');
      const cosines = vectors.map((vector) => cosine(vector, query!));
      assert.equal(cosines.indexOf(Math.max(...cosines)), 2);
    }),
  );

  registrar.test('the calibration tells an edited copy from another text', () =>
    using(async (embedder) => {
      const [original, copy, other] = await embed(embedder, [
        {
          heading: 'Rotate logs',
          body: 'Rotate the logs of the service every night, keep seven files, and compress the old ones.',
        },
        {
          heading: 'Rotate logs',
          body: 'Rotate the logs of the service each night, keep seven files, and compress the old ones.',
        },
        { heading: 'Bake bread', body: 'Mix flour, water and salt; let it rest; bake it for forty minutes.' },
      ]);
      const { similarCosine, duplicateCosine } = embedder.calibration;
      assert.ok(0 < similarCosine && similarCosine < duplicateCosine && duplicateCosine < 1);
      assert.ok(cosine(original!, copy!) >= duplicateCosine);
      assert.ok(cosine(original!, other!) < similarCosine);
    }),
  );

  registrar.test('copes with long, empty and unusual texts', () =>
    using(async (embedder) => {
      const vectors = await embed(embedder, [
        passage('word '.repeat(4_000)),
        passage(''),
        passage('検索 🚀 \u0301'),
        passage('???'),
      ]);
      for (const vector of vectors) assert.ok(vector.every(Number.isFinite));
    }),
  );

  registrar.test('an aborted request is refused', () =>
    using(async (embedder) => {
      const request = embedder.embed({
        texts: [passage('text')],
        role: 'query',
        signal: AbortSignal.abort(),
      });
      await assert.rejects(request);
    }),
  );

  registrar.test('says what it is', () =>
    using(async (embedder) => {
      assert.ok(embedder.description.length > 0);
      assert.ok(Number.isSafeInteger(embedder.fingerprint.dimension) && embedder.fingerprint.dimension > 0);
      assert.ok(embedder.weights.vector > 0 && embedder.weights.text > 0);
    }),
  );
}

function passage(body: string): EmbedText {
  return { heading: '', body };
}

async function embed(
  embedder: Embedder,
  texts: readonly EmbedText[],
  role: 'query' | 'passage' = 'passage',
): Promise<readonly Float32Array[]> {
  const { dimension } = embedder.fingerprint;
  const vectors = await embedder.embed({ texts, role });
  assert.equal(vectors.length, texts.length * dimension);
  return texts.map((_, row) => vectors.subarray(row * dimension, (row + 1) * dimension));
}

function cosine(a: Float32Array, b: Float32Array): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}
