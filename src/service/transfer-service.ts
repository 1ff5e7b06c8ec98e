import type { Entry } from '../core/entry.ts';
import { asEntryKey } from '../core/ids.ts';
import type { CatalogReader } from '../core/ports/catalog.ts';
import type { ExportResponse } from './contract/read.ts';
import type { ExportLine, ImportResultLine } from './contract/write.ts';
import { entryView, exportLine } from './entry-views.ts';
import type { Importer } from './importer.ts';
import type { RequestContext } from './request-context.ts';
import type { TransferService } from './services.ts';

export interface TransferParts {
  readonly reader: Pick<CatalogReader, 'page'>;
  readonly importer: Importer;
  readonly pageEntries: number;
}

export class Transfer implements TransferService {
  readonly #parts: TransferParts;

  constructor(parts: TransferParts) {
    this.#parts = parts;
  }

  async exportAll(): Promise<ExportResponse> {
    const experiences: ExportResponse['experiences'] = [];
    const skills: ExportResponse['skills'] = [];
    for await (const entry of this.#entries()) {
      (entry.type === 'experience' ? experiences : skills).push(entryView(entry));
    }
    return { experiences, skills, count: experiences.length + skills.length };
  }

  async *exportLines(): AsyncGenerator<ExportLine> {
    for await (const entry of this.#entries()) yield exportLine(entry);
  }

  importLines(lines: AsyncIterable<string>, context: RequestContext): AsyncGenerator<ImportResultLine> {
    return this.#parts.importer.run(lines, context);
  }

  /** Page by page: memory stays constant, and no read transaction outlives a page. */
  async *#entries(): AsyncGenerator<Entry> {
    const { reader, pageEntries } = this.#parts;
    let after = asEntryKey(0);
    for (;;) {
      const page = await reader.page(after, pageEntries);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < pageEntries) return;
      after = last.key;
    }
  }
}
