import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const NODE_MODULES = join(ROOT, 'node_modules');
/** Everything set-up makes apart from node_modules and dist. */
export const BUILD = join(ROOT, '.build');
export const FAISS = join(BUILD, 'faiss');
export const SCAN_KERNEL = join(BUILD, 'scan-kernel', 'scan-kernel.node');
