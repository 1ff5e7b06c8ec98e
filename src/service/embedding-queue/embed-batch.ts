import { toChlError } from '../../core/errors.ts';
import type { HashedText } from '../embedding-gateway.ts';

export type EmbedOutcome =
  | { readonly vector: Float32Array }
  | {
      readonly vector: null;
      readonly reason: string;
      /** The embedder will say the same the next time; otherwise it may just have had bad luck. */
      readonly refused: boolean;
    };

export type EmbedTexts = (texts: readonly HashedText[]) => Promise<readonly (Float32Array | null)[]>;

/** A text that every embedder can read: if it gets no vector either, the embedder is at fault. */
const PROBE_BODY = 'Is anybody there?';

/**
 * Embeds a batch; one text that cannot be embedded does not keep the others from it. Such a text is
 * told from an embedder that is away by asking for another one.
 *
 * @returns an outcome for each text, in their order
 * @throws what the embedder threw, when it is away
 */
export async function embedBatch(
  embed: EmbedTexts,
  texts: readonly HashedText[],
): Promise<readonly EmbedOutcome[]> {
  try {
    const vectors = await embed(texts);
    return texts.map((_, row) => outcomeOf(vectors[row] ?? null));
  } catch (error) {
    if (!(await answersAtAll(embed))) throw error;
    if (texts.length === 1) {
      const { message, retryable } = toChlError(error);
      return [{ vector: null, reason: message, refused: !retryable }];
    }
    const half = Math.ceil(texts.length / 2);
    const first = await embedBatch(embed, texts.slice(0, half));
    return [...first, ...(await embedBatch(embed, texts.slice(half)))];
  }
}

const outcomeOf = (vector: Float32Array | null): EmbedOutcome =>
  vector === null
    ? { vector, reason: 'The embedder found nothing it can read in the text.', refused: true }
    : { vector };

let probes = 0;

async function answersAtAll(embed: EmbedTexts): Promise<boolean> {
  probes += 1;
  // Another hash each time: a remembered answer would prove nothing.
  const probe = { text: { heading: '', body: PROBE_BODY }, contentHash: `probe ${probes}` };
  try {
    const [vector] = await embed([probe]);
    return vector !== undefined && vector !== null;
  } catch {
    return false;
  }
}
