import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleEdge } from './edge/bundle.mjs';
import { BUILD, ROOT } from './setup/paths.mjs';

/** `npm run build:edge`: the service for the edge as one file. */
const output = join(BUILD, 'edge', 'chl-edge.js');
const { code } = await bundleEdge(join(ROOT, 'src/entry/edge.ts'));
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, code);
console.log(`${output.slice(ROOT.length)}: ${(code.length / 1024).toFixed(0)} KiB, imports nothing`);
