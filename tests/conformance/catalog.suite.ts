import { embeddingQueueTests } from './catalog/embedding-queue.ts';
import { catalogTest, type CatalogFactory } from './catalog/fixture.ts';
import { feedTests } from './catalog/feed.ts';
import { leaseTests } from './catalog/leases.ts';
import { readTests } from './catalog/reads.ts';
import { replayTests } from './catalog/replays.ts';
import { writeTests } from './catalog/writes.ts';
import type { Registrar } from './registrar.ts';

/** What every catalog does, wherever its database and its writer are. */
export function catalogSuite(registrar: Registrar, create: CatalogFactory): void {
  const test = catalogTest(registrar, create);
  writeTests(test);
  replayTests(test);
  feedTests(test);
  readTests(test);
  embeddingQueueTests(test);
  leaseTests(test);
}
