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
    for await (const page of this.#pages()) {
      for (const entry of page) (entry.type === 'experience' ? experiences : skills).push(entryView(entry));
    }
    return { experiences, skills, count: experiences.length + skills.length };
  }

  async *exportPages(): AsyncGenerator<readonly ExportLine[]> {
    for await (const page of this.#pages()) yield page.map(exportLine);
  }

  importLines(
    lines: AsyncIterable<string>,
    context: RequestContext,
  ): AsyncGenerator<readonly ImportResultLine[]> {
    return this.#parts.importer.run(lines, context);
  }

  /** Page by page: memory stays constant, and no read transaction outlives a page. */
  async *#pages(): AsyncGenerator<readonly Entry[]> {
    const { reader, pageEntries } = this.#parts;
    let after = asEntryKey(0);
    for (;;) {
      const page = await reader.page(after, pageEntries);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      if (page.length < pageEntries) return;
      after = last.key;
    }
  }
}
