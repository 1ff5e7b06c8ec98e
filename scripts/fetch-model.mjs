import { fileURLToPath } from 'node:url';
import { openTransformersEmbedder } from '../dist/adapters/embedder/transformers/transformers-embedder.js';

/**
 * Loads an embedding model once, so that its files are in the cache folder: for the container image.
 *
 *   node scripts/fetch-model.mjs Xenova/all-MiniLM-L6-v2 models
 */
const [model, cacheFolder] = process.argv.slice(2);
if (model === undefined || cacheFolder === undefined) {
  console.error('usage: node scripts/fetch-model.mjs MODEL FOLDER');
  process.exit(2);
}
const say = (fields, message) => console.log(message, fields);
const embedder = await openTransformersEmbedder({
  model,
  cacheFolder: fileURLToPath(new URL(`../${cacheFolder}`, import.meta.url)),
  processEntry: new URL('../dist/src/entry/embedding-process.js', import.meta.url),
  logger: { debug: () => undefined, info: say, warn: say, error: say },
});
console.log(embedder.description);
await embedder.close();
