import { readdirSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { openFaissBackend } from '../../../adapters/index/faiss-node/backend.ts';
import { toChlError, type ErrorData } from '../../../src/core/errors.ts';
import { clusteredVectors, seededRandom } from '../../support/random-vectors.ts';

/** Run by `faiss-node.own.ts` in a process of its own; answers one JSON value on stdout. */

const parameters = {
  kind: 'flat',
  dimension: 384,
  hnsw: { m: 16, efConstruction: 100, efSearch: 64 },
} as const;
const vectorsOf = (rows: number): Float32Array =>
  clusteredVectors(seededRandom(1), { rows, dimension: 384, clusters: 10, spread: 1 });

async function search(): Promise<unknown> {
  const vectors = vectorsOf(300);
  const index = await openFaissBackend().build(vectors, parameters);
  return { rows: [...index.search(vectors.subarray(0, 30 * 384), 30, 10).rows] };
}

/** How many threads FAISS and BLAS start where nobody has said how many. */
async function threads(): Promise<unknown> {
  delete process.env['OMP_NUM_THREADS'];
  const countThreads = (): number => readdirSync('/proc/self/task').length;
  const vectors = vectorsOf(1000);
  const backend = openFaissBackend();
  const before = countThreads();
  const index = await backend.build(vectors, parameters);
  index.search(vectors, 1000, 10);
  return { started: countThreads() - before };
}

async function memory(): Promise<unknown> {
  const vectors = new Float32Array(13_000 * 384).fill(1 / Math.sqrt(384));
  const backend = openFaissBackend();
  (await backend.build(vectors, parameters)).close();
  const before = process.memoryUsage().rss;
  for (let n = 0; n < 40; n += 1) (await backend.build(vectors, parameters)).close();
  return { grownBytes: process.memoryUsage().rss - before };
}

function inWorker(): Promise<unknown> {
  // A worker on Node 20 does not take over `--import tsx`.
  const code = `import('tsx/esm/api').then(({ register }) => { register(); return import('${import.meta.url}'); })`;
  const worker = new Worker(code, { eval: true });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

const failure = (error: unknown): { readonly error: ErrorData } => ({ error: toChlError(error).toData() });

const scenarios: Readonly<Record<string, () => Promise<unknown>>> = {
  search,
  threads,
  memory,
  worker: inWorker,
};

if (isMainThread) {
  const scenario = scenarios[process.argv[2] ?? ''];
  if (scenario === undefined) throw new Error(`no scenario ${process.argv[2]}`);
  process.stdout.write(JSON.stringify(await scenario().catch(failure)));
} else {
  parentPort?.postMessage(await search().catch(failure));
}
