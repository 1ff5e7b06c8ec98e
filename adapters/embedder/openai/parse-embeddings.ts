import { z } from 'zod';
import { ChlError } from '../../../src/core/errors.ts';

/** The part of an OpenAI-compatible answer that is used; anything else in it is ignored. */
const answerSchema = z.object({
  data: z.array(z.object({ index: z.int().min(0).optional(), embedding: z.array(z.number()) })),
});

/**
 * Puts the vectors in the order of the texts: endpoints may answer in another one and say so by `index`.
 *
 * @returns count × dimension floats, row-major
 * @throws UNAVAILABLE naming what is wrong; nothing of such an answer is used
 */
export function parseEmbeddings(body: string, count: number, dimension: number): Float32Array {
  const { data } = parseAnswer(body);
  if (data.length !== count) throw badAnswer(`${data.length} vectors for ${count} texts`);
  const vectors = new Float32Array(count * dimension);
  const seen = new Set<number>();
  for (const [position, { index, embedding }] of data.entries()) {
    const row = index ?? position;
    if (row >= count || seen.has(row)) throw badAnswer(`the index ${row} twice or out of range`);
    seen.add(row);
    if (embedding.length !== dimension)
      throw badAnswer(`${embedding.length} dimensions where ${dimension} are configured`);
    if (!embedding.every(Number.isFinite)) throw badAnswer('numbers that are not finite');
    vectors.set(embedding, row * dimension);
  }
  return vectors;
}

/** The length of the first vector: how an endpoint is asked what it makes. */
export function parseDimension(body: string): number {
  const dimension = parseAnswer(body).data[0]?.embedding.length ?? 0;
  if (dimension === 0) throw badAnswer('no vector');
  return dimension;
}

function parseAnswer(body: string): z.output<typeof answerSchema> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw badAnswer('something that is not JSON', cause);
  }
  const parsed = answerSchema.safeParse(json);
  if (!parsed.success) throw badAnswer('JSON without a list of embeddings', parsed.error);
  return parsed.data;
}

const badAnswer = (what: string, cause?: unknown): ChlError =>
  new ChlError('UNAVAILABLE', `The embedding endpoint answered ${what}.`, {
    operation: 'embedder.openai',
    hint: 'Check CHL_EMBEDDING_URL, CHL_EMBEDDING_MODEL and CHL_EMBEDDING_DIMENSION.',
    cause,
  });
