import { entryText, type Entry } from '../../../src/core/entry.ts';
import type { IndexDocument } from '../../../src/core/ports/index-source.ts';

/** An entry as the index sees it, text included. */
export function indexDocument(entry: Entry): IndexDocument {
  return {
    key: entry.key,
    seq: entry.seq,
    vectorId: entry.vectorId,
    type: entry.type,
    category: entry.categoryCode,
    section: entry.type === 'experience' ? entry.data.section : null,
    author: entry.author,
    tags: entry.tags,
    createdAtMs: entry.createdAtMs,
    updatedAtMs: entry.updatedAtMs,
    text: entryText(entry),
  };
}
