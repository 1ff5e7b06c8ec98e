import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/** What the browser gets as it is: no compiler touches it, so it is copied beside what was compiled. */
const STATIC_FOLDERS = ['src/http/dashboard/assets'];

/** @param {string} outDir where the program lies */
export function copyStaticFiles(outDir) {
  for (const folder of STATIC_FOLDERS) {
    cpSync(join(ROOT, folder), join(outDir, folder), { recursive: true });
  }
}

/** @param {string} path from the root, with forward slashes */
export const isStaticFile = (path) => STATIC_FOLDERS.some((folder) => path.startsWith(`${folder}/`));
