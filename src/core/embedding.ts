import { ChlError } from './errors.ts';
import type { Embedder, EmbedRequest, EmbedText } from './ports/embedder.ts';

/**
 * The one place that believes an embedder's answer, after checking it: a wrong length or a NaN that
 * reached a native index could end the process.
 *
 * @returns for each text its unit vector (dimension floats, an array of its own), or null when the
 *   embedder found nothing in the text: a zero vector points nowhere
 * @throws UNAVAILABLE when the answer has the wrong size or is not finite
 */
export async function embedChecked(
  embedder: Embedder,
  request: EmbedRequest,
): Promise<readonly (Float32Array | null)[]> {
  const { dimension } = embedder.fingerprint;
  const { length: count } = request.texts;
  const answer = await embedder.embed(request);
  if (answer.length !== count * dimension) {
    throw badAnswer(`${answer.length} numbers for ${count} texts of ${dimension} dimensions`);
  }
  return request.texts.map((_, row) => unitVector(answer.slice(row * dimension, (row + 1) * dimension)));
}

function unitVector(vector: Float32Array): Float32Array | null {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!Number.isFinite(squares)) throw badAnswer('numbers that are not finite');
  if (squares === 0) return null;
  const scale = 1 / Math.sqrt(squares);
  for (let index = 0; index < vector.length; index += 1) vector[index]! *= scale;
  return vector;
}

function badAnswer(what: string): ChlError {
  return new ChlError('UNAVAILABLE', `The embedder answered ${what}.`, {
    operation: 'embedder.embed',
    hint: 'Check that CHL_EMBEDDING_MODEL and CHL_EMBEDDING_DIMENSION belong together.',
  });
}

const encoder = new TextEncoder();

/** @returns SHA-256 of the text in UTF-8, lower-case hex; a surrogate without its other half counts as U+FFFD */
export type TextHash = (text: string) => string | Promise<string>;

/** What every runtime has. On Node each call goes to another thread and back: 18 µs of CPU for a kilobyte. */
export const webTextHash: TextHash = async (text) => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
};

let textHash = webTextHash;

/** For the whole process: an entry whose runtime has one that answers at once says so at its start. */
export function hashTextsWith(better: TextHash): void {
  textHash = better;
}

/** SHA-256, lower-case hex. */
export async function sha256Hex(text: string): Promise<string> {
  return textHash(text);
}

/** Names what was embedded: equal texts, equal hashes. NUL cannot occur in stored text, so it separates. */
export const contentHash = (text: EmbedText): Promise<string> => sha256Hex(`${text.heading}\0${text.body}`);
