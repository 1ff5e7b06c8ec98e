import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from '../setup/paths.mjs';

const DASHBOARD = join(ROOT, 'src/http/dashboard/assets');
const SWAGGER = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
/** Those that `/docs` serves. */
const SWAGGER_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** `chl:static-files`: see `src/entry/edge/static-files.d.ts`. */
export const staticFilesModule = {
  name: 'static-files',
  setup(hooks) {
    hooks.onResolve({ filter: /^chl:static-files$/ }, ({ path }) => ({ path, namespace: 'static-files' }));
    hooks.onLoad({ filter: /.*/, namespace: 'static-files' }, () => ({
      contents: [
        `export const dashboardFiles = ${encoded(DASHBOARD, readdirSync(DASHBOARD))};`,
        `export const swaggerFiles = ${encoded(SWAGGER, SWAGGER_FILES)};`,
      ].join('\n'),
    }));
  },
};

function encoded(folder, names) {
  return JSON.stringify(
    Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name)).toString('base64')])),
  );
}
