import { missingFiles, placeOf } from '../../../adapters/embedder/transformers/model-files.ts';
import type { DownloadProgress } from '../../../adapters/embedder/transformers/options.ts';
import {
  DEFAULT_MODEL,
  openTransformersEmbedder,
} from '../../../adapters/embedder/transformers/transformers-embedder.ts';
import { toChlError } from '../../core/errors.ts';
import type { Embedder } from '../../core/ports/embedder.ts';
import type { Logger } from '../../core/ports/runtime.ts';
import type { EmbedderSettings } from '../embedders.ts';
import { entryUrl } from '../entry-url.ts';

type ModelSettings = Pick<EmbedderSettings, 'model' | 'modelDir' | 'dimension' | 'offline'>;

/** Whether a model is on this machine already: `auto` downloads nothing. */
export function findLocalModel({ model, modelDir }: Pick<ModelSettings, 'model' | 'modelDir'>): {
  readonly found: boolean;
  readonly why: string;
} {
  const name = model ?? DEFAULT_MODEL;
  try {
    const place = placeOf({ model: name, cacheFolder: modelDir, revision: 'main' });
    const missing = missingFiles(place, 'fp32');
    return missing.length === 0
      ? { found: true, why: `the model ${name} is on this machine` }
      : { found: false, why: `the model ${name} is not on this machine` };
  } catch (error) {
    return { found: false, why: toChlError(error).message };
  }
}

/** @throws CONFIGURATION, UNAVAILABLE, CORRUPT */
export function openTransformers(
  { model, modelDir, dimension, offline }: ModelSettings,
  logger: Logger,
): Promise<Embedder> {
  return openTransformersEmbedder({
    ...(model === null ? {} : { model }),
    offline,
    cacheFolder: modelDir,
    dimension,
    processEntry: entryUrl('embedding-process'),
    onDownload: downloadLog(logger),
    logger,
  });
}

/** A line for every tenth of a file. */
function downloadLog(logger: Logger): (progress: DownloadProgress) => void {
  const told = new Map<string, number>();
  return ({ file, loadedBytes, totalBytes }) => {
    const tenth = totalBytes === 0 ? 0 : Math.floor((10 * loadedBytes) / totalBytes);
    if (told.get(file) === tenth) return;
    told.set(file, tenth);
    logger.info({ file, loadedBytes, totalBytes }, `Downloading the model: ${file}, ${10 * tenth} %.`);
  };
}
