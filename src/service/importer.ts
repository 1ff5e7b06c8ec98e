import { entryText, sameText, type EntryText } from '../core/entry.ts';
import { ChlError, toChlError } from '../core/errors.ts';
import type { CatalogReader, EmbeddingInput } from '../core/ports/catalog.ts';
import type { Clock } from '../core/ports/runtime.ts';
import type { CategoryDirectory } from './category-directory.ts';
import type { Committed, Committer } from './committer.ts';
import { parseRequest } from './contract/errors.ts';
import { importLine, type ImportLine, type ImportResultLine } from './contract/write.ts';
import type { EmbeddingGateway } from './embedding-gateway.ts';
import { LOCAL_SOURCE } from './entry-creator.ts';
import { contentOf, type EntryContent } from './entry-data.ts';
import { newEntryId } from './entry-id.ts';
import type { RequestContext } from './request-context.ts';
import type { SeqTokens } from './seq-token.ts';

export interface ImporterParts {
  readonly reader: Pick<CatalogReader, 'entryByRef'>;
  readonly committer: Committer;
  readonly gateway: EmbeddingGateway;
  readonly categories: CategoryDirectory;
  readonly seqTokens: SeqTokens;
  readonly clock: Clock;
  readonly batchLines: number;
  readonly batchesAhead: number;
  readonly importTimeoutMs: number;
}

/** A line on its way: read, and either refused or ready to be stored. */
type Line = { readonly line: number; readonly ref: string | null } & (
  | { readonly ok: true; readonly request: ImportLine; readonly content: EntryContent }
  | { readonly ok: false; readonly error: ChlError }
);
type GoodLine = Extract<Line, { readonly ok: true }>;

/** What became of a batch of lines, in their order. */
type Results = Promise<readonly ImportResultLine[]>;

/**
 * Bulk import. Lines are embedded and committed in batches. A distant embedder works on a few batches
 * while the one before is committed; no more than these are read before a batch's results are out, so
 * a slow reader slows the import down instead of filling the memory. Entries with a `ref`
 * are updated when they exist, so a broken import is resumed by sending it again.
 */
export class Importer {
  readonly #parts: ImporterParts;

  constructor(parts: ImporterParts) {
    this.#parts = parts;
  }

  async *run(lines: AsyncIterable<string>, context: RequestContext): AsyncGenerator<ImportResultLine> {
    const { batchLines, batchesAhead, gateway } = this.#parts;
    // An embedder in this process would only take the time that the commits need.
    const aheadMax = gateway.embedder.local ? 0 : batchesAhead;
    const underWay: Results[] = [];
    let batch: Line[] = [];
    let number = 0;
    for await (const raw of lines) {
      number += 1;
      if (raw.trim() === '') continue;
      batch.push(await this.#read(raw, number));
      if (batch.length < batchLines) continue;
      underWay.push(this.#begin(batch, underWay.at(-1), context));
      batch = [];
      if (underWay.length > aheadMax) yield* await underWay.shift()!;
    }
    underWay.push(this.#begin(batch, underWay.at(-1), context));
    for (const results of underWay) yield* await results;
  }

  async #read(raw: string, line: number): Promise<Line> {
    let parsed: unknown = null;
    try {
      parsed = parseJson(raw);
      const request = parseRequest(importLine, parsed);
      await this.#parts.categories.require(request.category_code);
      const content = contentOf(request);
      return { line, ref: content.ref, ok: true, request, content };
    } catch (error) {
      return { line, ref: refOf(parsed), ok: false, error: toChlError(error, 'import.read') };
    }
  }

  /** Embedded at once, stored after the batch before it: lines are read meanwhile. */
  #begin(lines: readonly Line[], former: Results | undefined, context: RequestContext): Results {
    const good = lines.filter((line): line is GoodLine => line.ok);
    const results = Promise.all([this.#embeddings(good), former]).then(([inputs]) =>
      this.#store(lines, good, inputs, context),
    );
    // Heard when its turn comes; an import that ends before must not end the process.
    results.catch(() => undefined);
    return results;
  }

  /** A line that says what its entry says already keeps that entry's vector. */
  async #embeddings(good: readonly GoodLine[]): Promise<readonly EmbeddingInput[]> {
    const { gateway, reader, importTimeoutMs } = this.#parts;
    const known: (EmbeddingInput | null)[] = [];
    const texts: EntryText[] = [];
    for (const { ref, request, content } of good) {
      const text = entryText({ type: request.entity_type, data: content.data });
      const holder = ref === null ? null : await reader.entryByRef(ref);
      const unchanged = holder?.embeddingStatus === 'embedded' && sameText(entryText(holder), text);
      known.push(unchanged ? await gateway.unchanged(text) : null);
      if (!unchanged) texts.push(text);
    }
    const embedded = (await gateway.passages(texts, importTimeoutMs)).values();
    return known.map((input) => input ?? embedded.next().value!);
  }

  async #store(
    lines: readonly Line[],
    good: readonly GoodLine[],
    inputs: readonly EmbeddingInput[],
    context: RequestContext,
  ): Results {
    // Submitted in one go, in the order of the lines: together they are one group.
    const stored = good.map((line, place) => this.#commit(line, inputs[place]!, context));
    const results = (await Promise.all(stored)).values();
    return lines.map((line) => (line.ok ? results.next().value! : refusal(line.line, line.ref, line.error)));
  }

  async #commit(
    line: GoodLine,
    embedding: EmbeddingInput,
    context: RequestContext,
  ): Promise<ImportResultLine> {
    const { committer, clock, seqTokens } = this.#parts;
    const { request, content } = line;
    const atMs = clock.nowMs();
    try {
      const committed = await committer.submit({
        kind: 'create',
        actor: context.caller,
        atMs,
        entry: {
          id: newEntryId(request.entity_type, request.category_code, atMs),
          type: request.entity_type,
          categoryCode: request.category_code,
          ...content,
          author: request.author ?? context.caller,
          source: request.source ?? LOCAL_SOURCE,
        },
        embedding,
        onRef: 'update',
      });
      return success(line, committed, await seqTokens.format(committed.seq));
    } catch (error) {
      return refusal(line.line, line.ref, toChlError(error, 'import.commit'));
    }
  }
}

function success({ line, ref }: GoodLine, committed: Committed, seq: string): ImportResultLine {
  const { entry, created, change } = committed;
  if (entry === null) throw new ChlError('INTERNAL', 'A stored line came back without its entry.');
  const status = created ? 'created' : change === null ? 'unchanged' : 'updated';
  return { line, status, entry_id: entry.id, version: entry.version, ref, seq };
}

const refusal = (
  line: number,
  ref: string | null,
  { code, message, retryable }: ChlError,
): ImportResultLine => ({
  line,
  status: 'error',
  ref,
  error: { code, message, retryable },
});

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    throw new ChlError('INVALID_ARGUMENT', 'The line is not valid JSON.');
  }
}

function refOf(parsed: unknown): string | null {
  const ref =
    typeof parsed === 'object' && parsed !== null ? (parsed as { readonly ref?: unknown }).ref : null;
  return typeof ref === 'string' && ref.length <= 200 ? ref : null;
}
