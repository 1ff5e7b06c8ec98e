import { openOpenAiEmbedder } from '../../../adapters/embedder/openai/openai-embedder.ts';
import type { Embedder } from '../../../src/core/ports/embedder.ts';
import { DEFAULT_SERVICE_OPTIONS, type ServiceOptions } from '../../../src/service/options.ts';
import type { EmbeddingServer } from '../../support/embedding-server.ts';

/** The real client of an endpoint, with pauses that a test can wait for. */
export const clientOf = (server: EmbeddingServer, model = 'stand-in'): Promise<Embedder> =>
  openOpenAiEmbedder({
    url: server.url,
    model,
    apiKey: null,
    dimension: server.dimension,
    // Long enough for a machine that is busy with other tests: a batch asked twice is a failure to some.
    timeoutMs: 10_000,
    resilience: { attempts: 1, backoffMs: 1, backoffMaxMs: 5, failuresMax: 1_000, openMs: 1 },
  });

/** As in production, but for the pauses. */
export const QUICK_QUEUE: Partial<ServiceOptions> = {
  embeddingQueue: {
    ...DEFAULT_SERVICE_OPTIONS.embeddingQueue,
    away: { firstMs: 5, maxMs: 50 },
    refused: { firstMs: 1, maxMs: 5 },
  },
};

export const ASYNC_MODE: Partial<ServiceOptions> = {
  ...QUICK_QUEUE,
  embedding: { ...DEFAULT_SERVICE_OPTIONS.embedding, mode: 'async' },
};

const UNTIL_MAX_MS = 90_000;

/** Polls what the services say; nothing is assumed about how long it takes. */
export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = performance.now() + UNTIL_MAX_MS;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`It never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
