import type { EmbeddingInput } from '../core/ports/catalog.ts';
import { DEFERRED } from './embedding-gateway.ts';
import type { Committed } from './committer.ts';

/** Said when the entry is stored but not yet found by meaning. */
export const embeddingWarnings = (embedding: EmbeddingInput): readonly string[] =>
  embedding.vector === null && embedding.reason !== DEFERRED
    ? [`The entry is found by its words only until it is embedded: ${embedding.reason}`]
    : [];

/** Said when the entry is durable but the index is behind. */
export const indexWarnings = ({ indexed }: Committed): readonly string[] =>
  indexed ? [] : ['The entry is stored; the index is not available and takes it in when it is back.'];
