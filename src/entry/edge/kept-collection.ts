import { ChlError } from '../../core/errors.ts';
import type {
  CollectionState,
  CollectionStatus,
  IndexCollection,
  IndexHits,
  IndexSearch,
  RebuildReport,
  SaveReport,
} from '../../core/ports/index-host.ts';
import type { ChangeBatch } from '../../core/ports/index-source.ts';

/** A collection whose snapshots one of the isolates stores: the others say so when they are asked to. */
export class KeptCollection implements IndexCollection {
  readonly #collection: IndexCollection;
  readonly #mayStore: () => Promise<boolean>;

  constructor(collection: IndexCollection, mayStore: () => Promise<boolean>) {
    this.#collection = collection;
    this.#mayStore = mayStore;
  }

  get searchable(): Promise<void> {
    return this.#collection.searchable;
  }

  get opened(): Promise<void> {
    return this.#collection.opened;
  }

  get state(): CollectionState {
    return this.#collection.state;
  }

  apply(batch: ChangeBatch): Promise<void> {
    return this.#collection.apply(batch);
  }

  search(query: IndexSearch): Promise<IndexHits> {
    return this.#collection.search(query);
  }

  /** @throws CONFLICT while another isolate stores the snapshots */
  async save(): Promise<SaveReport> {
    if (await this.#mayStore()) return this.#collection.save();
    throw new ChlError('CONFLICT', 'Another isolate stores the snapshots of this database.', {
      operation: 'index.save',
      hint: 'It does so by itself; nothing is lost without one.',
    });
  }

  rebuild(): Promise<RebuildReport> {
    return this.#collection.rebuild();
  }

  status(): Promise<CollectionStatus> {
    return this.#collection.status();
  }

  close(): Promise<void> {
    return this.#collection.close();
  }
}
