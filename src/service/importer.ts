import { entryText } from '../core/entry.ts';
import { ChlError, toChlError } from '../core/errors.ts';
import type { EmbeddingInput } from '../core/ports/catalog.ts';
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
  readonly committer: Committer;
  readonly gateway: EmbeddingGateway;
  readonly categories: CategoryDirectory;
  readonly seqTokens: SeqTokens;
  readonly clock: Clock;
  readonly batchLines: number;
}

/** A line on its way: read, and either refused or ready to be stored. */
type Line = { readonly line: number; readonly ref: string | null } & (
  | { readonly ok: true; readonly request: ImportLine; readonly content: EntryContent }
  | { readonly ok: false; readonly error: ChlError }
);
type GoodLine = Extract<Line, { readonly ok: true }>;

/**
 * Bulk import. Lines are embedded and committed in batches; a batch's results are out before the next
 * is read, so a slow reader slows the import down instead of filling the memory. Entries with a `ref`
 * are updated when they exist, so a broken import is resumed by sending it again.
 */
export class Importer {
  readonly #parts: ImporterParts;

  constructor(parts: ImporterParts) {
    this.#parts = parts;
  }

  async *run(lines: AsyncIterable<string>, context: RequestContext): AsyncGenerator<ImportResultLine> {
    let batch: Line[] = [];
    let number = 0;
    for await (const raw of lines) {
      number += 1;
      if (raw.trim() === '') continue;
      batch.push(await this.#read(raw, number));
      if (batch.length < this.#parts.batchLines) continue;
      yield* await this.#store(batch, context);
      batch = [];
    }
    yield* await this.#store(batch, context);
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

  async #store(batch: readonly Line[], context: RequestContext): Promise<readonly ImportResultLine[]> {
    const good = batch.filter((line): line is GoodLine => line.ok);
    const texts = good.map(({ request, content }) =>
      entryText({ type: request.entity_type, data: content.data }),
    );
    const embeddings = await this.#parts.gateway.passages(texts);
    // Submitted in one go, in the order of the lines: together they are one group.
    const stored = good.map((line, place) => this.#commit(line, embeddings[place]!, context));
    const results = (await Promise.all(stored)).values();
    return batch.map((line) => (line.ok ? results.next().value! : refusal(line.line, line.ref, line.error)));
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
