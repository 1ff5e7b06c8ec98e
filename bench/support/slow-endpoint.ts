import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';

/**
 * An embedding endpoint in a process of its own that works as one GPU does: a batch of up to 32 texts
 * takes 20 ms, one batch at a time, others wait. `GET /figures` says how it spent its time, and begins
 * anew. `tsx bench/support/slow-endpoint.ts` prints its port.
 */

export interface EndpointFigures {
  readonly calls: number;
  readonly texts: number;
  /** With a batch in service, as the clock says: a busy machine makes 20 ms longer. */
  readonly serviceMs: number;
  /** The same, with 20 ms for each batch. */
  readonly nominalMs: number;
  /** With at least one call that is received and not answered. */
  readonly inFlightMs: number;
  /** From the first call to the last answer. */
  readonly spanMs: number;
}

const BATCH_MS = 20;
const BATCH_TEXTS = 32;
const DIMENSION = 384;

const nothing = { calls: 0, texts: 0, serviceMs: 0, nominalMs: 0, inFlightMs: 0, firstMs: 0, lastMs: 0 };
let figures = { ...nothing };
let inFlight = 0;
let inFlightSinceMs = 0;
let turn: Promise<void> = Promise.resolve();
const answers = new Map<number, string>();

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    const { firstMs, lastMs, ...counted } = figures;
    response.end(JSON.stringify({ ...counted, spanMs: lastMs - firstMs } satisfies EndpointFigures));
    figures = { ...nothing };
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly input: readonly string[] };
    arrived();
    turn = turn.then(async () => {
      await serve(input.length);
      response.setHeader('content-type', 'application/json');
      response.end(answerOf(input.length));
      left();
    });
  });
});

async function serve(texts: number): Promise<void> {
  const batches = Math.ceil(texts / BATCH_TEXTS);
  const startMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, batches * BATCH_MS));
  figures.serviceMs += performance.now() - startMs;
  figures.nominalMs += batches * BATCH_MS;
  figures.calls += 1;
  figures.texts += texts;
}

function arrived(): void {
  const nowMs = performance.now();
  if (figures.firstMs === 0) figures.firstMs = nowMs;
  if (inFlight === 0) inFlightSinceMs = nowMs;
  inFlight += 1;
}

function left(): void {
  const nowMs = performance.now();
  figures.lastMs = nowMs;
  inFlight -= 1;
  if (inFlight === 0) figures.inFlightMs += nowMs - inFlightSinceMs;
}

/** Made once: the bench is of the service, not of this process's JSON. In base64, as it is asked for. */
function answerOf(texts: number): string {
  const known = answers.get(texts);
  if (known !== undefined) return known;
  const vector = Float32Array.from({ length: DIMENSION }, (_, place) => Math.sin(place + 1));
  const embedding = Buffer.from(vector.buffer).toString('base64');
  const data = Array.from({ length: texts }, (_, index) => ({ index, embedding }));
  const answer = JSON.stringify({ data });
  answers.set(texts, answer);
  return answer;
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
