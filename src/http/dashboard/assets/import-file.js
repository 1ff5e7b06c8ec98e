// @ts-check
/** @import {ImportResultLine} from '../../../service/contract/write.ts' */
import { ApiError, send } from './api.js';

/**
 * Reads the lines of a stream.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @returns {AsyncGenerator<string>}
 */
export async function* linesOf(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let pending = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (pending + value).split('\n');
      pending = lines.pop() ?? '';
      yield* lines;
    }
    if (pending !== '') yield pending;
  } finally {
    await reader.cancel().catch(() => undefined); // a stream that has failed has nothing left to cancel
  }
}

/** A browser reads an answer when its request is sent, so a file goes in requests of this size. */
const CHUNK_CHARS = 512 * 1024;
const CHUNK_LINES = 500;

/**
 * @typedef {object} ImportProgress
 * @property {number} bytes read from the file so far
 * @property {number} created
 * @property {number} updated
 * @property {number} unchanged
 * @property {{line: number, message: string}[]} failures the first ones
 * @property {number} failed
 */

const FAILURES_KEPT = 50;

/**
 * Sends a file to the API, in constant memory. What was sent stays when it is stopped half-way: a
 * line with a `ref` is then found unchanged when the file is sent again.
 *
 * @param {File} file
 * @param {{signal: AbortSignal, onProgress: (progress: ImportProgress) => void}} options
 * @returns {Promise<ImportProgress>}
 * @throws ApiError
 */
export async function importFile(file, { signal, onProgress }) {
  /** @type {ImportProgress} */
  const progress = { bytes: 0, created: 0, updated: 0, unchanged: 0, failures: [], failed: 0 };
  const encoder = new TextEncoder();
  /** @type {string[]} */
  let chunk = [];
  let chars = 0;
  let firstLine = 1;
  const sendChunk = async () => {
    await storeLines(chunk, firstLine, progress, signal);
    progress.bytes += encoder.encode(chunk.join('\n')).length + 1;
    firstLine += chunk.length;
    chunk = [];
    chars = 0;
    onProgress(progress);
  };
  for await (const line of linesOf(file.stream())) {
    signal.throwIfAborted();
    chunk.push(line);
    chars += line.length;
    if (chunk.length >= CHUNK_LINES || chars >= CHUNK_CHARS) await sendChunk();
  }
  if (chunk.length > 0) await sendChunk();
  return progress;
}

/**
 * The answers come in order and end early after a line that the service could not read: what is left
 * is sent again.
 *
 * @param {readonly string[]} lines
 * @param {number} firstLine the number of the first one in the file
 * @param {ImportProgress} progress
 * @param {AbortSignal} signal
 */
async function storeLines(lines, firstLine, progress, signal) {
  let start = 0;
  while (lines.slice(start).some((line) => line.trim() !== '')) {
    const answered = await sendLines(lines.slice(start), firstLine + start, progress, signal);
    if (answered === 0)
      throw new ApiError(0, 'UNREACHABLE', 'The service broke off its answer.', 'Import the file again.');
    start += answered;
  }
}

/**
 * @param {readonly string[]} lines
 * @param {number} firstLine
 * @param {ImportProgress} progress
 * @param {AbortSignal} signal
 * @returns {Promise<number>} up to which of them there was an answer
 */
async function sendLines(lines, firstLine, progress, signal) {
  const response = await send('/api/v1/entries/import', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: lines.join('\n'),
    signal,
  });
  if (response.body === null) return 0;
  let answered = 0;
  for await (const text of linesOf(response.body)) {
    const result = /** @type {ImportResultLine} */ (JSON.parse(text));
    answered = result.line;
    if (result.status !== 'error') {
      progress[result.status] += 1;
      continue;
    }
    progress.failed += 1;
    if (progress.failures.length < FAILURES_KEPT) {
      progress.failures.push({ line: firstLine + result.line - 1, message: result.error.message });
    }
  }
  return answered;
}
