import { HashEmbedder } from '../../../adapters/embedder/hash/hash-embedder.ts';
import { openOpenAiEmbedder } from '../../../adapters/embedder/openai/openai-embedder.ts';
import { ChlError } from '../../core/errors.ts';
import { parseFingerprint, type Embedder } from '../../core/ports/embedder.ts';
import type { EdgeConfig } from './edge-config.ts';

/**
 * The endpoint that is configured, else `hash`. A database that is bound to another embedder keeps it:
 * searches are by text then, and say so.
 * @param bound the fingerprint of the database, null when it has none yet
 * @throws CONFIGURATION, UNAVAILABLE when an endpoint must be asked for its dimension and is away
 */
export async function openEdgeEmbedder(
  { embedder: { choice, url, model, apiKey, dimension } }: EdgeConfig,
  bound: string | null,
): Promise<Embedder> {
  const kind = choice === 'auto' && url !== null ? 'openai' : choice;
  if (kind !== 'openai') return new HashEmbedder(dimension === null ? {} : { dimension });
  if (url === null || model === null) {
    throw new ChlError(
      'CONFIGURATION',
      'The embedder `openai` needs CHL_EMBEDDING_URL and CHL_EMBEDDING_MODEL.',
      {
        operation: 'embedder.open',
      },
    );
  }
  // A start asks nobody for the length of vectors that the database holds already.
  const known = bound === null ? null : parseFingerprint(bound);
  const sameModel = known?.name === `openai:${model}` ? known.dimension : null;
  return openOpenAiEmbedder({ url, model, apiKey, dimension: dimension ?? sameModel });
}
