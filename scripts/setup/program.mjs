import { join, relative, sep } from 'node:path';
import { ROOT } from './paths.mjs';

/** What is started by itself: programs, and what they start as processes and threads. */
export const ENTRIES = [
  'src/entry/cli.ts',
  'src/entry/node.ts',
  'src/entry/deno.ts',
  'src/entry/index-process.ts',
  'src/entry/builder-process.ts',
  'src/entry/embedding-process.ts',
  'src/entry/writer-thread.ts',
  'src/entry/reader-thread.ts',
  'src/entry/database-thread.ts',
  'src/entry/backup-thread.ts',
  // Of scripts/fetch-model.mjs.
  'adapters/embedder/transformers/transformers-embedder.ts',
];

/** Native, optional, or with files of their own beside their code: these stay where npm put them. */
const EXTERNAL = [
  'libsql',
  'faiss-node',
  'hnswlib-wasm',
  'onnxruntime-node',
  '@huggingface/transformers',
  'swagger-ui-dist',
];

/** CommonJS packages ask for Node's modules by `require`, which an ES module does not have. */
const REQUIRE = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);`;

/**
 * Makes the program in `outDir`: each entry at its own place, what several share and what is imported on
 * demand in chunks beside them. A start reads a few dozen files instead of 500, and takes two thirds of
 * the processor time. Names and lines stay, so that a stack can be read; types are checked by tsc.
 *
 * @param {string} outDir
 * @param {{entries?: readonly string[], plugins?: import('esbuild').Plugin[]}} [options]
 * @returns {Promise<string[]>} the files it wrote, relative to `outDir`, with forward slashes
 * @throws with esbuild's words
 */
export async function buildProgram(outDir, { entries = ENTRIES, plugins = [] } = {}) {
  // Here, since set-up runs before there are packages.
  const { build } = await import('esbuild');
  const { metafile } = await build({
    entryPoints: [...entries],
    absWorkingDir: ROOT,
    outdir: outDir,
    outbase: ROOT,
    // Entries look for each other, and for the static files, from where they lie; so must what they share.
    chunkNames: 'src/entry/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    banner: { js: REQUIRE },
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    sourcemap: true,
    metafile: true,
    logLevel: 'silent',
    plugins: [...plugins],
  });
  return Object.keys(metafile.outputs).map((path) => relative(outDir, join(ROOT, path)).replaceAll(sep, '/'));
}
