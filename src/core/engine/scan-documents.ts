import type { EntryKey } from '../ids.ts';
import type { IndexDocument, IndexSource } from '../ports/index-source.ts';

export interface DocumentScan {
  /** Documents with greater keys. */
  readonly after: EntryKey;
  readonly pageDocuments: number;
  readonly text: boolean;
}

/** All live documents, page by page; the next one is on its way while one is worked on. */
export async function* scanDocuments(
  source: IndexSource,
  { after, pageDocuments, text }: DocumentScan,
): AsyncGenerator<readonly IndexDocument[]> {
  const read = (from: EntryKey): Promise<readonly IndexDocument[]> => {
    const page = source.scanDocuments(from, pageDocuments, { text });
    // It is awaited after the page before it has been worked on, and may have failed by then.
    page.catch(() => undefined);
    return page;
  };
  let next: Promise<readonly IndexDocument[]> | null = read(after);
  while (next !== null) {
    const page: readonly IndexDocument[] = await next;
    next = page.length < pageDocuments ? null : read(page.at(-1)!.key);
    if (page.length > 0) yield page;
  }
}
