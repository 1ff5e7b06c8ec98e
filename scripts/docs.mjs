import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { httpApiPage } from './docs/http-api.mjs';
import { ROOT } from './setup/paths.mjs';

/** `npm run docs`: the pages that are made from something else. A test holds them in step. */
const document = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8'));
writeFileSync(join(ROOT, 'docs', 'http-api.md'), httpApiPage(document));
