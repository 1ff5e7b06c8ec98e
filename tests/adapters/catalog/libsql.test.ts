import { afterAll, describe } from 'vitest';
import { SharedThread } from '../../../adapters/catalog/libsql/thread/shared-thread.ts';
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

describe('libSQL file, writer and reader on threads that all catalogs share', () => {
  const threads: SharedThread[] = [];
  afterAll(() => Promise.all(threads.map((thread) => thread.close())));
  catalogSuite(vitestRegistrar, async () => {
    const entry = await compiledEntry('src/entry/database-thread.ts');
    if (threads.length === 0)
      threads.push(new SharedThread(entry, 'writer'), new SharedThread(entry, 'reader'));
    return temporaryCatalog({ writerThread: threads[0]!, readerThread: threads[1]! });
  });
});
