import { Buffer } from 'node:buffer';
import { setTimeout as delay } from 'node:timers/promises';
import { Lines } from '../../http/body/lines.ts';
import { importResultLine, type ImportResultLine } from '../../service/contract/write.ts';
import { CommandError, EXIT } from './command-error.ts';
import { accepted, checked, type Service } from './service.ts';

/** One line of the file. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

export interface LineResult {
  readonly line: NumberedLine;
  readonly result: ImportResultLine;
}

/**
 * Between two requests the service has nothing to do, so that they are few; a chunk is kept, as lines,
 * as a body and as answers, until it is stored. 2,000 lines took 6 MB more and no less time.
 */
const CHUNK_LINES = 1000;
/** Keeps a chunk of long lines within any sensible limit of a request. */
const CHUNK_BYTES = 4 * 1024 * 1024;
const ATTEMPTS = 6;
const WAIT_MAX_SECONDS = 30;
const LINE_BYTES_MAX = 1024 ** 3;

/** Groups the lines of a file into requests; blank lines are left out. */
export async function* chunksOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly NumberedLine[]> {
  const lines = new Lines(bytes, LINE_BYTES_MAX);
  let chunk: NumberedLine[] = [];
  let chunkBytes = 0;
  for await (const text of lines) {
    if (text.trim() === '') continue;
    const lineBytes = Buffer.byteLength(text) + 1;
    if (chunk.length === CHUNK_LINES || (chunk.length > 0 && chunkBytes + lineBytes > CHUNK_BYTES)) {
      yield chunk;
      chunk = [];
      chunkBytes = 0;
    }
    chunk.push({ number: lines.count, text });
    chunkBytes += lineBytes;
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * Stores a chunk. What the service is too busy for is sent again after a while, and so is what it
 * left unanswered because of a line it could not read; every other refusal is an answer.
 */
export async function* storeChunk(
  service: Service,
  chunk: readonly NumberedLine[],
): AsyncGenerator<LineResult> {
  let waiting = chunk;
  let attempt = 1;
  while (waiting.length > 0) {
    const unanswered = new Set(waiting);
    const busy: NumberedLine[] = [];
    for await (const answer of sendLines(service, waiting)) {
      unanswered.delete(answer.line);
      if (attempt < ATTEMPTS && mayBeSentAgain(answer)) busy.push(answer.line);
      else yield answer;
    }
    if (unanswered.size === waiting.length) throw brokenOff(service);
    if (busy.length > 0) {
      await delay(attempt * 1000);
      attempt += 1;
    }
    waiting = [...busy, ...unanswered].toSorted((a, b) => a.number - b.number);
  }
}

/** An unknown outcome is repeated only where a `ref` keeps the entry from being stored twice. */
function mayBeSentAgain({ result }: LineResult): boolean {
  if (result.status !== 'error' || !result.error.retryable) return false;
  return result.error.code !== 'OUTCOME_UNKNOWN' || result.ref !== null;
}

/** The answers come in order and end early after a line that the service could not read. */
async function* sendLines(service: Service, lines: readonly NumberedLine[]): AsyncGenerator<LineResult> {
  const response = await accepted(service, await post(service, lines.map(({ text }) => text).join('\n')));
  if (response.body === null) throw brokenOff(service);
  const answers = new Lines(response.body, LINE_BYTES_MAX)[Symbol.asyncIterator]();
  for (;;) {
    const next = await answers.next().catch((cause: unknown) => {
      throw brokenOff(service, cause);
    });
    if (next.done === true) return;
    const result = checked(service, importResultLine, parseJson(next.value));
    const line = lines[result.line - 1];
    if (line === undefined)
      throw new CommandError(EXIT.failure, `${service.place} answered for a line it was not sent.`);
    yield { line, result };
  }
}

function brokenOff(service: Service, cause?: unknown): CommandError {
  return new CommandError(
    EXIT.unreachable,
    `${service.place} stopped answering in the middle of the import.`,
    {
      cause,
      hint: 'Run the same command again: entries with a ref are not stored twice.',
    },
  );
}

async function post(service: Service, body: string): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await service.fetch('/api/v1/entries/import', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body,
    });
    const busy = response.status === 429 || response.status === 503;
    if (!busy || attempt === ATTEMPTS) return response;
    await response.body?.cancel();
    const seconds = Number(response.headers.get('Retry-After') ?? 1);
    await delay(1000 * Math.min(Number.isFinite(seconds) ? seconds : 1, WAIT_MAX_SECONDS));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
