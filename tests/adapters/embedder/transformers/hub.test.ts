import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DownloadProgress } from '../../../../adapters/embedder/transformers/options.ts';
import { openTransformersEmbedder } from '../../../../adapters/embedder/transformers/transformers-embedder.ts';
import type { Embedder } from '../../../../src/core/ports/embedder.ts';
import { compiledEntry } from '../../../support/compiled-entry.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { tinyModelFiles } from '../../../support/tiny-model.ts';

/** A hub on this machine: `/<model>/resolve/<revision>/<file>`. */
const MODEL = 'Tiny/all-MiniLM-tiny';
const ROUTE = `/${MODEL}/resolve/main/`;
const WEIGHTS = 'onnx/model.onnx';

let hub: Server;
let hubUrl: string;
let cacheFolder: string;
let requested: string[];
/** Ends the connection after so many bytes of the weights. */
let breaksOffAfter: number | null;

beforeEach(async () => {
  cacheFolder = mkdtempSync(join(tmpdir(), 'chl-hub-'));
  requested = [];
  breaksOffAfter = null;
  const files = tinyModelFiles();
  hub = createServer((request, response) => {
    const file = request.url?.startsWith(ROUTE) === true ? request.url.slice(ROUTE.length) : '';
    const content = files.get(file);
    if (content === undefined) {
      response.writeHead(404).end();
      return;
    }
    requested.push(file);
    response.writeHead(200, { 'content-length': content.length });
    if (file === WEIGHTS && breaksOffAfter !== null) {
      response.write(content.subarray(0, breaksOffAfter), () => response.destroy());
    } else response.end(content);
  });
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  hubUrl = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await stopHub();
  rmSync(cacheFolder, { recursive: true, force: true });
});

async function stopHub(): Promise<void> {
  hub.closeAllConnections();
  await new Promise<void>((resolve) => hub.close(() => resolve()));
}

/** In a process of its own each time: the library remembers what it asked for. */
async function open(
  options: { model?: string; offline?: boolean; onDownload?: (progress: DownloadProgress) => void } = {},
): Promise<Embedder> {
  return openTransformersEmbedder({
    model: MODEL,
    cacheFolder,
    hubUrl,
    processEntry: await compiledEntry('src/entry/embedding-process.ts'),
    logger: new RecordingLogger(),
    ...options,
  });
}

async function embedOne(embedder: Embedder): Promise<Float32Array> {
  try {
    return await embedder.embed({ texts: [{ heading: '', body: 'restart' }], role: 'query' });
  } finally {
    await embedder.close();
  }
}

test('a model from the hub: visible progress once, then from the cache, without a hub', async () => {
  const progress: DownloadProgress[] = [];
  const vector = await embedOne(await open({ onDownload: (step) => progress.push(step) }));
  expect(new Set(requested)).toEqual(new Set(tinyModelFiles().keys()));
  const last = progress.findLast(({ file }) => file === WEIGHTS);
  expect(last).toEqual({
    file: WEIGHTS,
    loadedBytes: tinyModelFiles().get(WEIGHTS)!.length,
    totalBytes: tinyModelFiles().get(WEIGHTS)!.length,
  });

  await stopHub();
  const silent = (): never => {
    throw new Error('nothing is downloaded');
  };
  expect(await embedOne(await open({ onDownload: silent }))).toEqual(vector);
  expect(await embedOne(await open({ offline: true }))).toEqual(vector);
});

test('a download that breaks off leaves nothing that looks whole, and the next start completes it', async () => {
  breaksOffAfter = 100;
  await expect(open()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(existsSync(join(cacheFolder, MODEL, WEIGHTS))).toBe(false);
  breaksOffAfter = null;
  expect((await embedOne(await open())).some((value) => value !== 0)).toBe(true);
});

test('a hub that cannot be reached: says what to do without one', async () => {
  await stopHub();
  await expect(open()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    hint: expect.stringContaining('CHL_EMBEDDING_MODEL') as string,
  });
});

test('a model that the hub does not have', async () => {
  await expect(open({ model: 'Tiny/unknown' })).rejects.toMatchObject({
    code: 'CONFIGURATION',
    message: expect.stringContaining('Tiny/unknown') as string,
  });
});
