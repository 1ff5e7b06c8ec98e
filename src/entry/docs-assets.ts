import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { DocsAssets } from '../http/docs/docs-routes.ts';

/** Swagger UI's files from its package: nothing is fetched from elsewhere. */
export const swaggerAssets: DocsAssets = async (name) => {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const bytes = await readFile(join(folder, name));
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};
