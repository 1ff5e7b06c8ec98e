import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { ChlError } from '../../../src/core/errors.ts';
import type { ModelPrecision } from './options.ts';
import type { ModelSpec } from './protocol.ts';

/** Suffixes of the files in `onnx/`, a convention of the hub. */
const FILE_OF: Readonly<Record<ModelPrecision, string>> = {
  fp32: 'model.onnx',
  fp16: 'model_fp16.onnx',
  q8: 'model_quantized.onnx',
  int8: 'model_int8.onnx',
  uint8: 'model_uint8.onnx',
  q4: 'model_q4.onnx',
  q4f16: 'model_q4f16.onnx',
  bnb4: 'model_bnb4.onnx',
};

const HUB_NAME = /^[\w.-]+(\/[\w.-]+)?$/;

/** Where a model lies, or will lie once it is downloaded. */
export interface ModelPlace {
  /** What the library is asked for: an absolute folder or a name on the hub. */
  readonly name: string;
  readonly folder: string;
  readonly isLocal: boolean;
}

/** @throws CONFIGURATION for what is neither a folder nor a name */
export function placeOf(spec: Pick<ModelSpec, 'model' | 'cacheFolder' | 'revision'>): ModelPlace {
  const { model, cacheFolder, revision } = spec;
  const path = model.startsWith('file:') ? fileURLToPath(model) : model;
  const looksLikePath = isAbsolute(path) || path.startsWith('.') || isFolder(path);
  if (looksLikePath) {
    const folder = resolve(path);
    if (isFolder(folder)) return { name: folder, folder, isLocal: true };
    throw misconfigured(`The model folder ${model} does not exist.`);
  }
  if (!HUB_NAME.test(model)) throw misconfigured(`${model} is neither a folder nor the name of a model.`);
  // The layout of the library's own cache.
  const folder = join(cacheFolder, model, revision === 'main' ? '' : revision);
  return { name: model, folder, isLocal: false };
}

/** The files without which nothing can be embedded, that are not there. */
export const missingFiles = (place: ModelPlace, precision: ModelPrecision): readonly string[] =>
  ['config.json', 'tokenizer.json', 'tokenizer_config.json', `onnx/${FILE_OF[precision]}`].filter(
    (file) => !existsSync(join(place.folder, file)),
  );

/** SHA-256 of tokenizer and weights, those in external data files included. 0.1 s for 90 MB. */
export async function digestOf(place: ModelPlace, precision: ModelPrecision): Promise<string> {
  const weights = FILE_OF[precision];
  const external = (await readdir(join(place.folder, 'onnx')))
    .filter((file) => file.startsWith(`${weights}_data`))
    .toSorted();
  const hash = createHash('sha256');
  for (const file of ['tokenizer.json', ...[weights, ...external].map((name) => join('onnx', name))]) {
    await pipeline(createReadStream(join(place.folder, file)), hash, { end: false });
  }
  return hash.digest('hex');
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const misconfigured = (message: string): ChlError =>
  new ChlError('CONFIGURATION', message, {
    operation: 'embedder.open',
    hint: 'CHL_EMBEDDING_MODEL is a folder with config.json, tokenizer.json, tokenizer_config.json and onnx/, or a name such as Xenova/all-MiniLM-L6-v2.',
  });
