import * as z from 'zod';
import { ChlError } from '../../../src/core/errors.ts';

/** The part of an OpenAI-compatible answer that is used; anything else in it is ignored. */
const answerSchema = z.object({
  data: z.array(
    z.object({
      index: z.int().min(0).optional(),
      // What was asked for, or plain numbers from an endpoint that does not know how.
      // Whether a text is base64 is found out by reading it: a pattern would go over it once more.
      embedding: z.union([z.string(), z.array(z.number())]),
    }),
  ),
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
  for (const [position, { index, embedding: encoded }] of data.entries()) {
    const embedding = numbersOf(encoded);
    const row = index ?? position;
    if (row >= count || seen.has(row)) throw badAnswer(`the index ${row} twice or out of range`);
    seen.add(row);
    if (embedding.length !== dimension)
      throw badAnswer(`${embedding.length} dimensions where ${dimension} are configured`);
    if (!areFinite(embedding)) throw badAnswer('numbers that are not finite');
    vectors.set(embedding, row * dimension);
  }
  return vectors;
}

/** The length of the first vector: how an endpoint is asked what it makes. */
export function parseDimension(body: string): number {
  const [first] = parseAnswer(body).data;
  const dimension = first === undefined ? 0 : numbersOf(first.embedding).length;
  if (dimension === 0) throw badAnswer('no vector');
  return dimension;
}

/** Base64 is of little-endian float32, as every platform we run on keeps them in memory. */
function numbersOf(encoded: string | readonly number[]): readonly number[] | Float32Array {
  if (typeof encoded !== 'string') return encoded;
  const characters = bytesOf(encoded);
  if (characters.length % 4 !== 0)
    throw badAnswer(`${characters.length} bytes, which are no float32 numbers`);
  const bytes = new Uint8Array(characters.length);
  for (let place = 0; place < bytes.length; place += 1) bytes[place] = characters.charCodeAt(place);
  return new Float32Array(bytes.buffer);
}

/** One character a byte. */
function bytesOf(encoded: string): string {
  try {
    return atob(encoded);
  } catch (cause) {
    throw badAnswer('a vector that is not base64', cause);
  }
}

function areFinite(numbers: readonly number[] | Float32Array): boolean {
  for (let place = 0; place < numbers.length; place += 1) {
    if (!Number.isFinite(numbers[place])) return false;
  }
  return true;
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
