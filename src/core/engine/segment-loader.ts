import type { CollectionSpec } from '../ports/index-host.ts';
import type { Files } from '../ports/files.ts';
import type { Clock } from '../ports/runtime.ts';
import type { BuildInput, SegmentBuilder } from '../ports/segment-builder.ts';
import type { ScanKernels } from '../ports/scan-kernel.ts';
import type {
  BackendIndex,
  HnswLinks,
  IndexKind,
  IndexParameters,
  VectorBackend,
} from '../ports/vector-backend.ts';
import { ChlError, toChlError } from '../errors.ts';
import { readSegment } from '../snapshot/open-snapshot.ts';
import type { SegmentData } from '../snapshot/segment-file.ts';
import type { SnapshotStore } from '../snapshot/snapshot-store.ts';
import { efSearchFor } from './ef-search.ts';
import { QuantisedRows } from './quantised-rows.ts';
import { TimeSlice } from './scheduler.ts';
import type { SealedSegmentParts, SegmentFile } from './sealed-segment.ts';

/** Rounded between two looks at the clock: 0.5 ms where it is slowest. */
const ROWS_AT_ONCE = 256;

export interface SegmentLoaderOptions {
  readonly spec: CollectionSpec;
  readonly backend: VectorBackend;
  readonly kernels: ScanKernels;
  readonly builder: SegmentBuilder;
  readonly files: Files;
  readonly store: SnapshotStore;
  readonly clock: Clock;
  /** Aborted when the collection closes: a build then ends without effect. */
  readonly signal: AbortSignal;
}

/** Gets sealed segments: has files built, and makes searchable segments of them. */
export class SegmentLoader {
  readonly #options: SegmentLoaderOptions;
  #loadingBytes = 0;

  constructor(options: SegmentLoaderOptions) {
    this.#options = options;
  }

  /** Of segments that are read and do not answer yet: memory of the index already. */
  get loadingBytes(): number {
    return this.#loadingBytes;
  }

  /**
   * Has a segment built where it disturbs nobody, then loads it.
   * @param rows how many rows are expected; they decide between flat and HNSW
   * @returns null when none of them exists any more
   */
  async build(input: BuildInput, rows: number): Promise<SealedSegmentParts | null> {
    const { spec, backend, builder, files, store, signal } = this.#options;
    const fileName = store.reserveSegmentName();
    let loading = 0;
    try {
      const parameters = this.#parameters(rows);
      const built = await untilAborted(
        builder.build({ fileName, backend: backend.name, parameters, input }),
        signal,
      );
      if (built === null) {
        store.releaseSegmentName(fileName);
        return null;
      }
      const file: SegmentFile = { name: built.fileName, bytes: built.bytes, sha256: built.sha256 };
      loading = file.bytes;
      this.#loadingBytes += loading;
      const data = await readSegment(
        files,
        { file: file.name, bytes: file.bytes, sha256: file.sha256 },
        spec,
      );
      return await this.load(data, file);
    } catch (error) {
      store.releaseSegmentName(fileName);
      throw error;
    } finally {
      this.#loadingBytes -= loading;
    }
  }

  /**
   * @param data whose file's length and SHA-256 have been checked
   * @throws CORRUPT when the library refuses it, CONFIGURATION when it is another library's
   */
  async load(data: SegmentData, file: SegmentFile): Promise<SealedSegmentParts> {
    const { backend } = this.#options;
    // A flat index is its vectors, so any backend can take over another's; a graph is not.
    const isOurs = data.backend === backend.name || data.kind === 'flat';
    if (!isOurs || !backend.capabilities.kinds.includes(data.kind)) {
      throw new ChlError(
        'CONFIGURATION',
        `A ${data.kind} segment of ${data.backend} is not for ${backend.name}.`,
      );
    }
    const { kind, ids, vectors, dimension } = data;
    const hnsw = { ...data.hnsw, efSearch: efSearchFor(ids.length, this.#options.spec.hnsw.efSearch) };
    const links = this.#linksOf(data);
    const isSearchedHere = kind === 'flat' || links !== null;
    const quantised = isSearchedHere ? await this.#quantise(vectors, dimension) : null;
    const index = quantised === null ? await this.#openIndex({ ...data, hnsw }) : null;
    const graph = quantised === null ? null : links;
    return { kind, ids, vectors, index, quantised, graph, hnsw, file, backend: data.backend };
  }

  /** Null where a library has to search it. @throws CORRUPT */
  #linksOf({ kind, backendBytes, ids, dimension }: SegmentData): HnswLinks | null {
    const { backend, kernels } = this.#options;
    if (kind === 'flat' || backendBytes === null || !kernels.walksGraphs) return null;
    return backend.linksOf(backendBytes, ids.length, dimension);
  }

  /** @throws CORRUPT when the library refuses it, or has other rows */
  async #openIndex({
    kind,
    dimension,
    hnsw,
    ids,
    vectors,
    backendBytes,
  }: SegmentData): Promise<BackendIndex> {
    const { backend } = this.#options;
    const parameters: IndexParameters = { kind, dimension, hnsw };
    const index =
      backendBytes === null
        ? await backend.build(vectors, parameters)
        : await backend.load(backendBytes, vectors, parameters);
    if (index.rowCount === ids.length) return index;
    index.close();
    throw new ChlError(
      'CORRUPT',
      `The index has ${index.rowCount} rows where the segment has ${ids.length}.`,
    );
  }

  /** 0.1 µs a row of 384 dimensions by native code, 2 µs by WebAssembly; in slices. */
  async #quantise(vectors: Float32Array, dimension: number): Promise<QuantisedRows | null> {
    const { clock, kernels } = this.#options;
    const slice = new TimeSlice(clock);
    const rowCount = vectors.length / dimension;
    const quantised = QuantisedRows.create(dimension, rowCount, kernels);
    if (quantised === null) return null;
    for (let row = 0; row < rowCount; row += ROWS_AT_ONCE) {
      quantised.appendAll(vectors, row * dimension, Math.min(ROWS_AT_ONCE, rowCount - row));
      await slice.giveWay();
    }
    return quantised;
  }

  #parameters(rows: number): IndexParameters {
    const { spec, backend } = this.#options;
    return {
      kind: chooseKind(spec, backend.capabilities.kinds, rows),
      dimension: spec.dimension,
      hnsw: spec.hnsw,
    };
  }
}

/** What is configured, as far as the backend can; under `auto` exact until a graph is worth building. */
function chooseKind(
  spec: Pick<CollectionSpec, 'indexKind' | 'hnswMinVectors'>,
  kinds: readonly IndexKind[],
  rows: number,
): IndexKind {
  const auto: IndexKind = rows >= spec.hnswMinVectors ? 'hnsw' : 'flat';
  const wanted = spec.indexKind === 'auto' ? auto : spec.indexKind;
  return kinds.includes(wanted) ? wanted : kinds[0]!;
}

/** The result, or the signal's reason as soon as it is aborted. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(toChlError(signal.reason));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
