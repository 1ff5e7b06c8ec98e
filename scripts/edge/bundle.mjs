import { builtinModules } from 'node:module';
import { build } from 'esbuild';
import { ROOT } from '../setup/paths.mjs';
import { staticFilesModule } from './static-files.mjs';

const BUILT_IN = new RegExp(`^(node:.*|(${builtinModules.map(escaped).join('|')}))$`);

/**
 * One module without a single import: no platform has to resolve anything. It keeps its names, so that
 * what is logged can be read.
 * @param {string} entry absolute path
 * @returns {Promise<{ code: string }>}
 * @throws with the importing file when anything on the way imports a module of Node
 */
export async function bundleEdge(entry) {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    outdir: 'out',
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    conditions: ['deno', 'worker', 'browser', 'import', 'module', 'default'],
    mainFields: ['module', 'main'],
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [nothingOfNode, staticFilesModule],
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  if (imports.length > 0) throw new Error(`The bundle still imports ${imports.join(', ')}.`);
  return { code: outputFiles[0].text };
}

const nothingOfNode = {
  name: 'nothing-of-node',
  setup(hooks) {
    hooks.onResolve({ filter: BUILT_IN }, ({ path, importer }) => ({
      errors: [{ text: `${importer.slice(ROOT.length)} imports ${path}, which the edge does not have` }],
    }));
  },
};

function escaped(name) {
  return name.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
