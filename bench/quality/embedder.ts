import { HashEmbedder } from '../../adapters/embedder/hash/hash-embedder.ts';
import { openTransformersEmbedder } from '../../adapters/embedder/transformers/transformers-embedder.ts';
import type { Embedder } from '../../src/core/ports/embedder.ts';
import type { Logger } from '../../src/core/ports/runtime.ts';

const ignore = (): void => undefined;
const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** @param model the folder of one, for `transformers`; it runs in this process, which has nothing else to do */
export async function openBenchEmbedder(choice: string, model: string | undefined): Promise<Embedder> {
  if (choice === 'hash') return new HashEmbedder();
  if (choice !== 'transformers' || model === undefined) {
    throw new Error('--embedder is hash, or transformers with --model FOLDER.');
  }
  return openTransformersEmbedder({
    model,
    cacheFolder: model,
    offline: true,
    processEntry: null,
    threads: 2,
    logger: silent,
  });
}
