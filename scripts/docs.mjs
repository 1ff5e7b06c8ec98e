import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationTable } from '../src/entry/config.ts';
import { CONTRACT_LIMITS } from '../src/service/contract/limits.ts';
import { withConfiguration } from './docs/configuration.mjs';
import { httpApiPage } from './docs/http-api.mjs';
import { withLimits } from './docs/limits.mjs';
import { ROOT } from './setup/paths.mjs';

/** `npm run docs`: the pages that are made from something else. Tests hold them in step. */
const read = (...path) => readFileSync(join(ROOT, ...path), 'utf8');
writeFileSync(join(ROOT, 'docs', 'http-api.md'), httpApiPage(JSON.parse(read('openapi.json'))));
const readme = withConfiguration(read('README.md'), configurationTable());
writeFileSync(join(ROOT, 'README.md'), withLimits(readme, CONTRACT_LIMITS));
