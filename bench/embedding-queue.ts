import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openOpenAiEmbedder } from '../adapters/embedder/openai/openai-embedder.ts';
import { plainContext } from '../src/service/request-context.ts';
import { DEFAULT_SERVICE_OPTIONS, type EmbedMode } from '../src/service/options.ts';
import { openServices } from '../tests/service/support/open-services.ts';

/**
 * How busy an import keeps an endpoint that takes 20 ms for a batch of up to 32 texts and works on one
 * batch at a time, as one GPU does. `npx tsx bench/embedding-queue.ts [entries]`
 */

const BATCH_MS = 20;
const DIMENSION = 384;
const ENTRIES = Number(process.argv[2] ?? 6_400);

/** The time during which the stand-in was working, beside what it was asked. */
class OneGpu {
  busyMs = 0;
  batches = 0;
  texts = 0;
  firstMs = Infinity;
  lastMs = 0;
  #turn: Promise<void> = Promise.resolve();
  readonly #answers = new Map<number, string>();

  readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly input: readonly string[] };
      this.#turn = this.#turn
        .then(() => this.#work(input.length))
        .then(() => {
          response.setHeader('content-type', 'application/json');
          response.end(this.#answer(input.length));
        });
    });
  });

  async #work(texts: number): Promise<void> {
    const startMs = performance.now();
    this.firstMs = Math.min(this.firstMs, startMs);
    await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
    // Late timers of a busy machine are not the stand-in's work.
    this.busyMs += BATCH_MS;
    this.lastMs = performance.now();
    this.batches += 1;
    this.texts += texts;
  }

  /** Made once: the bench is of the service, not of JSON. */
  #answer(texts: number): string {
    const known = this.#answers.get(texts);
    if (known !== undefined) return known;
    const embedding = Array.from(
      { length: DIMENSION },
      (_, place) => Math.round(1e4 * Math.sin(place + 1)) / 1e4,
    );
    const answer = JSON.stringify({
      data: Array.from({ length: texts }, (_, index) => ({ index, embedding })),
    });
    this.#answers.set(texts, answer);
    return answer;
  }
}

async function* lines(): AsyncGenerator<string> {
  for (let number = 0; number < ENTRIES; number += 1) {
    const data = {
      section: 'useful',
      title: `Lesson ${number}`,
      playbook: `Feed zebra number ${number} before noon.`,
    };
    yield JSON.stringify({ entity_type: 'experience', category_code: 'API', data });
  }
}

async function measure(mode: EmbedMode): Promise<void> {
  const gpu = new OneGpu();
  await new Promise<void>((resolve) => gpu.server.listen(0, '127.0.0.1', resolve));
  const { port } = gpu.server.address() as AddressInfo;
  const embedder = await openOpenAiEmbedder({
    url: `http://127.0.0.1:${port}/v1`,
    model: 'stand-in',
    apiKey: null,
    dimension: DIMENSION,
  });
  const embedding = { ...DEFAULT_SERVICE_OPTIONS.embedding, mode };
  const open = await openServices({ embedder, options: { embedding } });
  await open.services.start();
  for await (const { status } of open.services.transfer.importLines(lines(), plainContext('bench'))) {
    if (status === 'error') throw new Error('A line was refused.');
  }
  await open.services.queue.drain(plainContext('bench'));
  const { pending, embedded } = await open.services.queue.status();
  const seconds = (gpu.lastMs - gpu.firstMs) / 1000;
  console.log(
    `${mode.padEnd(6)} ${embedded} entries (${pending} pending), ${gpu.batches} calls of ${(gpu.texts / gpu.batches).toFixed(1)} texts, ` +
      `${seconds.toFixed(1)} s, busy ${((100 * gpu.busyMs) / (1000 * seconds)).toFixed(0)} %`,
  );
  await open.close();
  gpu.server.close();
  gpu.server.closeAllConnections();
}

console.log(
  `One batch of up to 32 texts in ${BATCH_MS} ms, one at a time; ${ENTRIES} entries; service in-line.`,
);
await measure('sync');
await measure('async');
