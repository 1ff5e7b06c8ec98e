import { Collection } from '../../../src/core/engine/collection.ts';
import type { CollectionOptions } from '../../../src/core/engine/collection-options.ts';
import type { Files } from '../../../src/core/ports/files.ts';
import type { CollectionSpec, IndexCollection, IndexHost } from '../../../src/core/ports/index-host.ts';
import type { IndexSource } from '../../../src/core/ports/index-source.ts';
import type { SegmentBuilder } from '../../../src/core/ports/segment-builder.ts';
import type { BuildContext } from '../../../src/core/snapshot/build-segment.ts';
import { backendLoader } from './backend-loader.ts';
import { OpeningCollection } from './opening-collection.ts';
import type { AssembledCollection } from './opening-collection.ts';

/** The adapters a collection is made of, chosen by the composition root. */
export interface InlineHostOptions extends Pick<
  CollectionOptions,
  'backends' | 'nativeKernels' | 'createTextIndex' | 'clock' | 'logger'
> {
  /** An in-memory folder where the collection has no directory. */
  openFiles(spec: CollectionSpec): Promise<Files>;
  openSource(spec: CollectionSpec): Promise<IndexSource>;
  createBuilder(spec: CollectionSpec, context: BuildContext): SegmentBuilder;
  /** Told how many documents a collection holds when it is open, words included: a start leaves much garbage. */
  onOpened?(documents: number): void;
}

/** Indexes in this process: in the child that `ProcessHost` starts, in tests, and on the edge. */
export class InlineHost implements IndexHost {
  readonly #options: InlineHostOptions;
  readonly #collections = new Set<OpeningCollection>();

  constructor(options: InlineHostOptions) {
    this.#options = options;
  }

  open(spec: CollectionSpec): IndexCollection {
    const { clock, logger } = this.#options;
    const collection = new OpeningCollection({
      spec,
      clock,
      logger,
      assemble: () => this.#assemble(spec),
      onClosed: () => this.#collections.delete(collection),
    });
    this.#collections.add(collection);
    return collection;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#collections].map((collection) => collection.close()));
  }

  async #assemble(spec: CollectionSpec): Promise<AssembledCollection> {
    const { backends, nativeKernels, createTextIndex, clock, logger } = this.#options;
    const files = await this.#options.openFiles(spec);
    const source = await this.#options.openSource(spec);
    const builder = this.#options.createBuilder(spec, {
      files,
      source,
      fingerprint: spec.fingerprint,
      backend: backendLoader(backends),
    });
    const collection = new Collection({
      spec,
      files,
      source,
      backends,
      nativeKernels,
      createTextIndex,
      builder,
      clock,
      logger,
    });
    // Never rejected: what fails is in the collection's status, which then holds no document.
    void collection.opened.then(async () => this.#options.onOpened?.((await collection.status()).documents));
    return {
      collection,
      release: async () => {
        await builder.close();
        await source.close();
      },
    };
  }
}
