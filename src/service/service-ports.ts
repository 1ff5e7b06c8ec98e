import type { ObservedMutex } from '../core/locks/observed-mutex.ts';
import type { CatalogMaintenance } from '../core/ports/catalog-maintenance.ts';
import type { Catalog } from '../core/ports/catalog.ts';
import type { Embedder } from '../core/ports/embedder.ts';
import type { IndexCollection } from '../core/ports/index-host.ts';
import type { Clock, Logger } from '../core/ports/runtime.ts';
import type { GuideOverrides } from './guideline-service.ts';
import type { IndexSettings } from './index-status-view.ts';
import type { ReembedPorts } from './reembed/reembed-ports.ts';

/** What the services stand on. Whoever opened the ports closes them, after `services.close()`. */
export interface ServicePorts {
  readonly catalog: Catalog;
  /** Of a database that is a file here; without it backup and compaction are refused. */
  readonly maintenance?: CatalogMaintenance;
  readonly collection: IndexCollection;
  readonly embedder: Embedder;
  /** What the database is bound to, where that is not this embedder: vectors are not served then. */
  readonly boundFingerprint?: string;
  /** Without it the embedder cannot be changed. */
  readonly reembed?: ReembedPorts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly indexSettings: IndexSettings;
  readonly guides?: GuideOverrides;
  /** Given by whoever reports its waits, or takes it for maintenance of the database. */
  readonly writerLock?: ObservedMutex;
  /** Given when other processes may write the same database: how often to look for their changes. */
  readonly replicaPollMs?: number;
}
