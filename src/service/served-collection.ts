import { ChlError } from '../core/errors.ts';
import type {
  CollectionState,
  CollectionStatus,
  IndexCollection,
  IndexHits,
  IndexSearch,
  RebuildReport,
  SaveReport,
} from '../core/ports/index-host.ts';
import type { Seq } from '../core/ids.ts';
import type { ChangeBatch } from '../core/ports/index-source.ts';

/**
 * The collection that is searched now. A change of embedder puts another one in its place, by one
 * assignment; between the change in the database and that moment, the former one goes on with its old
 * vectors and learns of new entries by their text.
 */
export class ServedCollection implements IndexCollection {
  #collection: IndexCollection;
  #fingerprint: string;
  #textOnly = false;
  #onWanted: (minSeq: Seq) => void = () => undefined;

  /** @param fingerprint of its vectors */
  constructor(collection: IndexCollection, fingerprint: string) {
    this.#collection = collection;
    this.#fingerprint = fingerprint;
  }

  get state(): CollectionState {
    return this.#collection.state;
  }

  /** Of its vectors. */
  get fingerprint(): string {
    return this.#fingerprint;
  }

  get searchable(): Promise<void> {
    return this.#collection.searchable;
  }

  get opened(): Promise<void> {
    return this.#collection.opened;
  }

  /** Told of every change that a search will wait for, before it does. */
  watchWanted(listener: (minSeq: Seq) => void): void {
    this.#onWanted = listener;
  }

  /** Whether vectors that come from now on belong to another index than this one. */
  takeTextOnly(textOnly: boolean): void {
    this.#textOnly = textOnly;
  }

  /** @returns the former one, which nobody is sent to any more */
  replace(collection: IndexCollection, fingerprint: string): IndexCollection {
    const former = this.#collection;
    this.#collection = collection;
    this.#fingerprint = fingerprint;
    this.#textOnly = false;
    return former;
  }

  apply(batch: ChangeBatch): Promise<void> {
    return this.#collection.apply(this.#textOnly ? withoutVectors(batch) : batch);
  }

  /**
   * @param fingerprint of the query's vector
   * @throws EMBEDDER_MISMATCH when the embedder was changed since the query was embedded: embed it anew
   */
  async search(query: IndexSearch, fingerprint: string = this.#fingerprint): Promise<IndexHits> {
    if (query.vector !== null && fingerprint !== this.#fingerprint) {
      throw new ChlError('EMBEDDER_MISMATCH', 'The embedder was changed meanwhile.', {
        operation: 'collection.search',
        retryable: true,
      });
    }
    if (query.minSeq > 0) this.#onWanted(query.minSeq);
    return this.#collection.search(query);
  }

  save(): Promise<SaveReport> {
    return this.#collection.save();
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

const withoutVectors = (batch: ChangeBatch): ChangeBatch => ({
  ...batch,
  changes: batch.changes.map((change) => ({
    ...change,
    document: change.document === null ? null : { ...change.document, vectorId: null },
    vector: null,
  })),
});
