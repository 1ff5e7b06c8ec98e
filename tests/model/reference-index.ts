import { dot } from '../../src/core/engine/distance.ts';
import type { EntryFilter } from '../../src/core/filter.ts';
import type { EntryKey } from '../../src/core/ids.ts';
import type { IndexDocument } from '../../src/core/ports/index-source.ts';
import type { MemorySource } from '../support/memory-source.ts';

export interface ReferenceHit {
  readonly key: EntryKey;
  readonly cosine: number;
}

/** The index in the fewest words: every live document that passes, scored one by one. */
export class ReferenceIndex {
  readonly #source: MemorySource;

  constructor(source: MemorySource) {
    this.#source = source;
  }

  matching(filter: EntryFilter): readonly IndexDocument[] {
    return [...this.#source.documents.values()].filter((document) => passes(document, filter));
  }

  /** Best first; equal scores by vector id. */
  nearest(query: Float32Array, filter: EntryFilter): readonly ReferenceHit[] {
    const scored = this.matching(filter).flatMap(({ key, vectorId }) =>
      vectorId === null
        ? []
        : [
            {
              key,
              vectorId,
              cosine: dot(query, 0, this.#source.vectorsById.get(vectorId)!, 0, query.length),
            },
          ],
    );
    return scored.toSorted((one, other) => other.cosine - one.cosine || one.vectorId - other.vectorId);
  }

  /** Keys of the documents that have any of the words. */
  withAnyWord(words: readonly string[], filter: EntryFilter): ReadonlySet<EntryKey> {
    const found = this.matching(filter).filter(({ text }) => {
      const present = `${text?.heading} ${text?.body}`.split(' ');
      return words.some((word) => present.includes(word));
    });
    return new Set(found.map(({ key }) => key));
  }
}

function passes(document: IndexDocument, filter: EntryFilter): boolean {
  const {
    createdFromMs = -Infinity,
    createdToMs = Infinity,
    updatedFromMs = -Infinity,
    updatedToMs = Infinity,
  } = filter;
  return (
    (filter.types ?? [document.type]).includes(document.type) &&
    (filter.category ?? document.category) === document.category &&
    (filter.section ?? document.section) === document.section &&
    (filter.author ?? document.author) === document.author &&
    (filter.tags ?? []).every((tag) => document.tags.includes(tag)) &&
    createdFromMs <= document.createdAtMs &&
    document.createdAtMs < createdToMs &&
    updatedFromMs <= document.updatedAtMs &&
    document.updatedAtMs < updatedToMs
  );
}
