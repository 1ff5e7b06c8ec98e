import { describe } from 'vitest';
import { catalogSuite } from '../../conformance/catalog.suite.ts';
import { compiledEntry } from '../../support/compiled-entry.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';
import { temporaryCatalog } from './temporary-catalog.ts';

describe('libSQL file, writer in-line', () => catalogSuite(vitestRegistrar, () => temporaryCatalog()));

describe('libSQL file, writer and reader on threads', () =>
  catalogSuite(vitestRegistrar, async () =>
    temporaryCatalog({
      writerThread: await compiledEntry('src/entry/writer-thread.ts'),
      readerThread: await compiledEntry('src/entry/reader-thread.ts'),
    }),
  ));
