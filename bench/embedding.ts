/**
 * What a model in its own process costs the service: delay of the service's event loop while it
 * embeds, and texts a second.
 *
 *     npm run bench:embedding -- --model FOLDER [--texts 200] [--threads 1] [dataDir]
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { openTransformersEmbedder } from '../adapters/embedder/transformers/transformers-embedder.ts';
import { compiledEntry } from '../tests/support/compiled-entry.ts';
import { RecordingLogger } from '../tests/support/recording-logger.ts';
import { loadDocuments } from './quality/data.ts';

const NS_PER_MS = 1e6;
/** Node measures from sample to sample, and a sample is due every so often: that is no delay. */
const RESOLUTION_MS = 1;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    texts: { type: 'string', default: '200' },
    threads: { type: 'string', default: '1' },
  },
});
if (values.model === undefined) throw new Error('--model is the folder of a model.');
const directory = positionals[0] ?? process.env['CHL_TEST_DATA'] ?? '../shared/data';
const texts = loadDocuments(directory, 'experiences.ndjson')
  .slice(0, Number(values.texts))
  .map(({ text }) => text);
const processEntry = await compiledEntry('src/entry/embedding-process.ts');

const beforeOpen = performance.now();
const embedder = await openTransformersEmbedder({
  model: values.model,
  cacheFolder: values.model,
  offline: true,
  threads: Number(values.threads),
  processEntry,
  logger: new RecordingLogger(),
});
const openMs = performance.now() - beforeOpen;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
const beforeEmbed = performance.now();
await embedder.embed({ texts, role: 'passage' });
const seconds = (performance.now() - beforeEmbed) / 1000;
delay.disable();
await embedder.close();

console.log(`open                 ${openMs.toFixed(0)} ms`);
console.log(`texts a second       ${(texts.length / seconds).toFixed(1)}`);
for (const rank of [50, 99]) {
  const lateMs = Math.max(0, delay.percentile(rank) / NS_PER_MS - RESOLUTION_MS);
  console.log(`event loop delay p${rank} ${lateMs.toFixed(1)} ms`);
}
