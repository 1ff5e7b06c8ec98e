import { entryText, sameText, type Entry, type EntryText } from '../core/entry.ts';
import { TimeSlice } from '../core/engine/scheduler.ts';
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
  readonly reader: Pick<CatalogReader, 'entriesByRefs'>;
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

/** A batch on its way through the service. */
interface Batch {
  /** Its lines have their place in the committer's queue. */
  readonly submitted: Promise<unknown>;
  readonly results: Results;
}

/**
 * Batches that are handed to the committer and not stored yet: one is committed while the others wait,
 * and become one group where commits are slow.
 */
const BATCHES_SUBMITTED_MAX = 3;
/**
 * For an embedder that works on one call at a time: the next batch is with it while the one before is
 * stored. More would only share its time, each of them late enough to be given up.
 */
const BATCHES_AHEAD_MIN = 1;

/**
 * Bulk import. Lines are read and embedded in batches while earlier ones are committed, and committed
 * in their order. No more than a few batches are read before the first of them has its results taken,
 * so a slow reader slows the import down instead of filling the memory. Entries with a `ref` are
 * updated when they exist, so a broken import is resumed by sending it again.
 */
export class Importer {
  readonly #parts: ImporterParts;

  constructor(parts: ImporterParts) {
    this.#parts = parts;
  }

  /** @returns the results of each batch. @throws what broke the input, after the results of what came before */
  async *run(
    lines: AsyncIterable<string>,
    context: RequestContext,
  ): AsyncGenerator<readonly ImportResultLine[]> {
    const { batchesAhead, gateway } = this.#parts;
    const aheadMax = gateway.embedder.callsAtOnce > 1 ? batchesAhead : BATCHES_AHEAD_MIN;
    const underWay: Batch[] = [];
    try {
      for await (const batch of this.#batches(lines)) {
        underWay.push(this.#begin(batch, underWay, context));
        if (underWay.length > aheadMax) yield await underWay.shift()!.results;
      }
    } catch (broken) {
      for (const { results } of underWay) yield await results;
      throw broken;
    }
    for (const { results } of underWay) yield await results;
  }

  async *#batches(lines: AsyncIterable<string>): AsyncGenerator<readonly Line[]> {
    let batch: Line[] = [];
    let number = 0;
    let slice = new TimeSlice(this.#parts.clock);
    try {
      for await (const raw of lines) {
        number += 1;
        if (raw.trim() === '') continue;
        batch.push(await this.#read(raw, number));
        // Lines of one chunk come without a turn of the event loop between them.
        await slice.giveWay();
        if (batch.length < this.#parts.batchLines) continue;
        yield batch;
        batch = [];
        slice = new TimeSlice(this.#parts.clock);
      }
    } catch (broken) {
      if (batch.length > 0) yield batch;
      throw broken;
    }
    if (batch.length > 0) yield batch;
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

  /** Embedded at once, submitted after the batches before it: lines are read meanwhile. */
  #begin(lines: readonly Line[], before: readonly Batch[], context: RequestContext): Batch {
    const good = lines.filter((line): line is GoodLine => line.ok);
    const earlier = [before.at(-1)?.submitted, before.at(-BATCHES_SUBMITTED_MAX)?.results];
    // Submitted in one go, in the order of the lines. Wrapped: a promise would wait for the commit here.
    const submitted = Promise.all([this.#embeddings(good), ...earlier]).then(([inputs]) => ({
      stored: good.map((line, place) => this.#commit(line, inputs[place]!, context)),
    }));
    const results = submitted.then(({ stored }) => this.#results(lines, stored));
    // Heard when its turn comes; an import that ends before must not end the process.
    results.catch(() => undefined);
    return { submitted, results };
  }

  /** A line that says what its entry says already keeps that entry's vector. */
  async #embeddings(good: readonly GoodLine[]): Promise<readonly EmbeddingInput[]> {
    const { gateway, importTimeoutMs } = this.#parts;
    const holders = await this.#holders(good);
    const known: (EmbeddingInput | null)[] = [];
    const texts: EntryText[] = [];
    for (const { ref, request, content } of good) {
      const text = entryText({ type: request.entity_type, data: content.data });
      const holder = ref === null ? undefined : holders.get(ref);
      const unchanged = holder?.embeddingStatus === 'embedded' && sameText(entryText(holder), text);
      known.push(unchanged ? await gateway.unchanged(text) : null);
      if (!unchanged) texts.push(text);
    }
    const embedded = (await gateway.passages(texts, importTimeoutMs)).values();
    return known.map((input) => input ?? embedded.next().value!);
  }

  /** The entries that these lines may update, by their ref. */
  async #holders(good: readonly GoodLine[]): Promise<ReadonlyMap<string | null, Entry>> {
    const refs = good.flatMap(({ ref }) => (ref === null ? [] : [ref]));
    if (refs.length === 0) return new Map();
    const entries = await this.#parts.reader.entriesByRefs(refs);
    return new Map(entries.map((entry) => [entry.ref, entry]));
  }

  async #results(lines: readonly Line[], stored: readonly Promise<ImportResultLine>[]): Results {
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
