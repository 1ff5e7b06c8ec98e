import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { TransformersEmbedderOptions } from '../../../../adapters/embedder/transformers/options.ts';
import { openTransformersEmbedder } from '../../../../adapters/embedder/transformers/transformers-embedder.ts';
import type { Embedder } from '../../../../src/core/ports/embedder.ts';
import { embedderSuite } from '../../../conformance/embedder.suite.ts';
import { lookupModel } from '../../../support/onnx-model.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import {
  TINY_DIMENSION,
  TINY_TOKENS_MAX,
  tinyTable,
  tinyVector,
  writeTinyModel,
} from '../../../support/tiny-model.ts';
import { vitestRegistrar } from '../../../support/vitest-registrar.ts';

const root = mkdtempSync(join(tmpdir(), 'chl-model-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const opened: Embedder[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((embedder) => embedder.close()));
});

/** The folder's name decides how the model is asked, as with a real one. */
function modelFolder(name: string, changes?: ReadonlyMap<string, Uint8Array | null>): string {
  const folder = join(root, name);
  writeTinyModel(folder, changes);
  return folder;
}

async function open(model: string, options: Partial<TransformersEmbedderOptions> = {}): Promise<Embedder> {
  const embedder = await openTransformersEmbedder({
    model,
    cacheFolder: join(root, 'cache'),
    offline: true,
    processEntry: null,
    logger: new RecordingLogger(),
    ...options,
  });
  opened.push(embedder);
  return embedder;
}

const rows = async (
  embedder: Embedder,
  bodies: readonly string[],
  role: 'query' | 'passage' = 'passage',
): Promise<readonly Float32Array[]> => {
  const vectors = await embedder.embed({ texts: bodies.map((body) => ({ heading: '', body })), role });
  return bodies.map((_, row) => vectors.subarray(row * TINY_DIMENSION, (row + 1) * TINY_DIMENSION));
};

/** The mean of the tokens' vectors, at unit length: what the model should say. */
function meanOf(...tokens: readonly string[]): readonly number[] {
  const sum = new Float64Array(TINY_DIMENSION);
  for (const token of tokens) tinyVector(token).forEach((value, place) => (sum[place]! += value));
  const length = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
  return Array.from(sum, (value) => value / length);
}

function expectClose(actual: Float32Array, wanted: readonly number[]): void {
  const difference = Math.max(...wanted.map((value, place) => Math.abs(value - actual[place]!)));
  expect(difference).toBeLessThan(1e-6);
}

embedderSuite(vitestRegistrar, () => {
  const folder = join(root, 'conformance');
  writeTinyModel(folder);
  return openTransformersEmbedder({
    model: folder,
    cacheFolder: root,
    processEntry: null,
    logger: new RecordingLogger(),
  });
});

describe('pooling', () => {
  const text = ['restart the server'];

  test('mean over all tokens, the special ones included', async () => {
    const [vector] = await rows(await open(modelFolder('bge-small-en/all-MiniLM-tiny')), text);
    expectClose(vector!, meanOf('[CLS]', 'restart', 'the', 'server', '[SEP]'));
  });

  test('cls: the first token alone', async () => {
    const [vector] = await rows(await open(modelFolder('bge-small-en-tiny')), text);
    expectClose(vector!, meanOf('[CLS]'));
  });

  test('last_token: the last one that is not padding', async () => {
    const embedder = await open(modelFolder('Qwen3-Embedding-tiny'));
    const [vector] = await rows(embedder, [...text, 'a much longer text that the first is padded to']);
    expectClose(vector!, meanOf('[SEP]'));
  });
});

describe('batches', () => {
  const texts = [
    'bake',
    'stop the container',
    '',
    'rotate the log of the service every night',
    'a b c d e f g',
  ];

  test('a text has the same vector alone and beside longer ones: padding does not count', async () => {
    const embedder = await open(modelFolder('all-MiniLM-tiny'));
    const together = await rows(embedder, texts);
    for (const [row, text] of texts.entries()) {
      const [alone] = await rows(embedder, [text]);
      expectClose(together[row]!, [...alone!]);
    }
  });

  test('hundreds of texts of all lengths come back in their own order', async () => {
    const embedder = await open(modelFolder('all-MiniLM-tiny'));
    const many = Array.from({ length: 300 }, (_, row) => 'log '.repeat(1 + ((row * 7) % 40)));
    const vectors = await rows(embedder, many);
    for (const [row, text] of many.entries()) {
      const count = text.length / 'log '.length;
      expectClose(vectors[row]!, meanOf('[CLS]', ...Array<string>(count).fill('log'), '[SEP]'));
    }
  });

  test('no texts, no vectors', async () => {
    const embedder = await open(modelFolder('all-MiniLM-tiny'));
    expect(await embedder.embed({ texts: [], role: 'passage' })).toHaveLength(0);
  });
});

test('queries and passages carry the prefixes of their model', async () => {
  const embedder = await open(modelFolder('e5-small-tiny'));
  const [query] = await rows(embedder, ['log'], 'query');
  const [passage] = await rows(embedder, ['log'], 'passage');
  expectClose(query!, meanOf('[CLS]', 'query', ':', 'log', '[SEP]'));
  expectClose(passage!, meanOf('[CLS]', 'passage', ':', 'log', '[SEP]'));
});

test('the heading is read before the body', async () => {
  const embedder = await open(modelFolder('all-MiniLM-tiny'));
  const vector = await embedder.embed({ texts: [{ heading: 'Tar', body: 'archive' }], role: 'passage' });
  expectClose(vector, meanOf('[CLS]', 'tar', 'archive', '[SEP]'));
});

test('a text beyond what the model reads is cut by tokens, and still ends as every text does', async () => {
  const embedder = await open(modelFolder('all-MiniLM-tiny'));
  const [vector] = await rows(embedder, [`${'log '.repeat(TINY_TOKENS_MAX - 2)}${'bread '.repeat(200)}`]);
  expectClose(vector!, meanOf('[CLS]', ...Array<string>(TINY_TOKENS_MAX - 2).fill('log'), '[SEP]'));
});

describe('fingerprint', () => {
  test('the same files are the same model, wherever they lie', async () => {
    const first = await open(modelFolder('here/all-MiniLM-tiny'));
    const second = await open(modelFolder('there/all-MiniLM-tiny'));
    expect(first.fingerprint).toEqual(second.fingerprint);
    expect(first.fingerprint).toMatchObject({
      name: 'transformers:all-MiniLM-tiny',
      dimension: TINY_DIMENSION,
      normalised: true,
    });
  });

  test('other weights under the same name are another model', async () => {
    const other = lookupModel(
      tinyTable.map((value) => value / 2 + 0.1),
      TINY_DIMENSION,
    );
    const first = await open(modelFolder('here/all-MiniLM-tiny'));
    const second = await open(modelFolder('changed/all-MiniLM-tiny', new Map([['onnx/model.onnx', other]])));
    expect(second.fingerprint.name).toBe(first.fingerprint.name);
    expect(second.fingerprint.revision).not.toBe(first.fingerprint.revision);
  });
});

describe('refuses the start, and says why', () => {
  test.each(['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx'])(
    'without %s',
    async (file) => {
      const folder = modelFolder(`lacking-${file.replace('/', '-')}`, new Map([[file, null]]));
      await expect(open(folder)).rejects.toMatchObject({
        code: 'CONFIGURATION',
        message: expect.stringContaining(file) as string,
      });
    },
  );

  test('a model of other dimensions than configured', async () => {
    await expect(open(modelFolder('all-MiniLM-tiny'), { dimension: 384 })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining(`${TINY_DIMENSION} dimensions, and 384`) as string,
    });
  });

  test('weights and tokenizers that are damaged', async () => {
    for (const file of ['onnx/model.onnx', 'tokenizer.json']) {
      const folder = modelFolder(`damaged-${file.replace('/', '-')}`);
      writeFileSync(join(folder, file), 'neither protobuf nor JSON');
      await expect(open(folder)).rejects.toMatchObject({ code: 'CORRUPT' });
    }
  });

  test('a model that answers something else than states of tokens', async () => {
    const other = lookupModel(tinyTable, TINY_DIMENSION, 'logits');
    const folder = modelFolder('classifier', new Map([['onnx/model.onnx', other]]));
    await expect(open(folder)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('logits') as string,
    });
  });

  test('a folder that is not there, and what is no name', async () => {
    await expect(open(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'CONFIGURATION' });
    await expect(open('no name at all')).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });

  test('a model that would have to be downloaded, offline: names the files and the way out', async () => {
    await expect(open('Xenova/all-MiniLM-L6-v2')).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('onnx/model.onnx') as string,
      hint: expect.stringContaining('CHL_EMBEDDING_MODEL') as string,
    });
  });
});
