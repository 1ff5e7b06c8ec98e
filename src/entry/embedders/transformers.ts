import { ChlError } from '../../core/errors.ts';
import type { Embedder } from '../../core/ports/embedder.ts';
import type { Logger } from '../../core/ports/runtime.ts';
import type { EmbedderSettings } from '../embedders.ts';

/** Whether a model is on this machine already: `auto` downloads nothing. */
export async function findLocalModel(_settings: EmbedderSettings): Promise<{ found: boolean; why: string }> {
  return { found: false, why: 'no model is on this machine' };
}

/** @throws CONFIGURATION */
export async function openTransformers(_settings: EmbedderSettings, _logger: Logger): Promise<Embedder> {
  throw new ChlError('CONFIGURATION', 'The embedder `transformers` is not part of this program.', {
    operation: 'embedder.open',
  });
}
